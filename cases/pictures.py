"""Photos as people send them, made safe to keep: judged by their bytes, re-encoded, no metadata."""

import hashlib
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image, UnidentifiedImageError

from .errors import NotAPicture, PictureTooLarge

LARGEST = 10 * 1024 * 1024  # bytes; the platform's limit for pictures
MOST_PIXELS = 50_000_000  # a 50-megapixel telephone; a bomb has more
LONGEST_SENT = 65_535  # pixels of one edge, as a JPEG may have; one endless column is a bomb too
LONGEST_EDGE = 2560  # pixels kept
THUMB_EDGE = 480  # pixels
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

# What Pillow's decoders raise on bytes that are not what they seem.
_UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
)

# Orientation in EXIF -> what puts the picture upright.
_TURNS: Mapping[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A clean JPEG and its thumbnail; width and height in pixels; `sha256` of the JPEG."""

    jpeg: bytes
    thumb: bytes
    width: int
    height: int
    sha256: str


def prepare(data: bytes) -> Picture:
    """Check and clean what was sent.

    The type is judged by the bytes and never by a name; the size in pixels is read before
    anything is decoded. Orientation is applied, all metadata (place, device, time) is dropped.
    Raises NotAPicture or PictureTooLarge.
    """
    if len(data) > LARGEST:
        raise PictureTooLarge
    try:
        # Pillow warns of oddities that we either accept or refuse by ourselves below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _clean(data)
    except _UNREADABLE as fault:
        raise NotAPicture from fault
    except Image.DecompressionBombError as bomb:
        raise PictureTooLarge from bomb


def _clean(data: bytes) -> Picture:
    with Image.open(BytesIO(data), formats=_FORMATS) as sent:
        if sent.width * sent.height > MOST_PIXELS or max(sent.size) > LONGEST_SENT:
            raise PictureTooLarge
        # For a JPEG this decodes at a fraction of the size, which saves time and memory.
        sent.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
        sent.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
        image = _on_white(_upright(sent))
    thumb = image.copy()
    thumb.thumbnail((THUMB_EDGE, THUMB_EDGE), Image.Resampling.LANCZOS)
    jpeg = _encode(image, quality=86)
    return Picture(
        jpeg=jpeg,
        thumb=_encode(thumb, quality=80),
        width=image.width,
        height=image.height,
        sha256=hashlib.sha256(jpeg).hexdigest(),
    )


def _upright(image: Image.Image) -> Image.Image:
    """Turn the image as its metadata asks; broken metadata asks for nothing.

    (Pillow's `exif_transpose` also writes the metadata anew, and fails where a camera was careless.)
    """
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except _UNREADABLE:
        return image
    return image if turn is None else image.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    """Return the image in RGB without metadata; what was transparent becomes white."""
    if image.mode.startswith("I;16"):
        # Pillow would cut 16 bits off at 255, which leaves white.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    layer = image.convert("RGBA")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(layer, mask=layer.getchannel("A"))
    return flat


def _encode(image: Image.Image, *, quality: int) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()
