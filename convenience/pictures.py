"""A facility's photo, made safe to show: judged by its bytes, upright, small, no metadata."""

import struct
import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import NotAPhoto

LARGEST = 10 * 1024 * 1024  # bytes
_MOST_PIXELS = 50_000_000
_LONGEST_SENT = 30_000  # pixels of one edge
_LONGEST_EDGE = 1280  # pixels kept: a page for telephones
_FORMATS = ("JPEG", "PNG", "WEBP")
_UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
)


def prepare(data: bytes) -> bytes:
    """Return a clean JPEG; raise NotAPhoto. The size in pixels is read before anything is decoded."""
    if not data or len(data) > LARGEST:
        raise NotAPhoto
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities that we accept or refuse ourselves
            return _clean(data)
    except _UNREADABLE as fault:
        raise NotAPhoto from fault


def _clean(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=_FORMATS) as sent:
        if sent.width * sent.height > _MOST_PIXELS or max(sent.size) > _LONGEST_SENT:
            raise NotAPhoto
        sent.draft("RGB", (_LONGEST_EDGE, _LONGEST_EDGE))
        upright = ImageOps.exif_transpose(sent)
        upright.thumbnail((_LONGEST_EDGE, _LONGEST_EDGE), Image.Resampling.LANCZOS)
        flat = Image.new("RGB", upright.size, "white")
        layer = upright.convert("RGBA")
        flat.paste(layer, mask=layer.getchannel("A"))
    out = BytesIO()
    flat.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return out.getvalue()
