"""Photos as people send them: every kind a telephone makes, and files that mean harm."""

import hashlib
import random
import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cases import NotAPicture, Picture, PictureTooLarge, prepare
from cases.pictures import LARGEST, LONGEST_EDGE, LONGEST_SENT, MOST_PIXELS, THUMB_EDGE
from tests.factories import image_bytes

ROOT = Path(__file__).parents[2]
Colour = tuple[int, int, int]
RED, BLUE, WHITE, GREY = (255, 0, 0), (0, 0, 255), (255, 255, 255), (156, 156, 156)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def colour_at(picture: Picture, x: float, y: float) -> Colour:
    """Return the colour at a place of the picture, both given from 0 to 1."""
    image = opened(picture.jpeg)
    found = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def is_near(one: Colour, other: Colour, tolerance: int = 40) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def half_and_half(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.open(BytesIO(image_bytes(size, kind="PNG"))).convert(mode)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_kind_of_picture_becomes_a_clean_jpeg(kind: str) -> None:
    picture = prepare(image_bytes(kind=kind))

    kept = opened(picture.jpeg)
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (64, 48))
    assert (picture.width, picture.height) == (64, 48)
    assert is_near(colour_at(picture, 0.1, 0.5), RED)
    assert is_near(colour_at(picture, 0.9, 0.5), BLUE)
    assert picture.sha256 == hashlib.sha256(picture.jpeg).hexdigest()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("YCbCr", "JPEG"), ("P", "PNG"), ("P", "GIF"), ("RGBA", "PNG")],
)
def test_colours_survive_other_ways_to_write_them(mode: str, kind: str) -> None:
    picture = prepare(encoded(half_and_half(mode), kind))

    assert is_near(colour_at(picture, 0.1, 0.5), RED)
    assert is_near(colour_at(picture, 0.9, 0.5), BLUE)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (20, 20), 156), GREY),
        (Image.new("LA", (20, 20), (156, 255)), GREY),
        (Image.new("I;16", (20, 20), 156 * 257), GREY),
        (Image.new("I;16", (20, 20), 0), (0, 0, 0)),
        (Image.new("1", (20, 20), 0), (0, 0, 0)),
        (Image.new("1", (20, 20), 1), WHITE),
    ],
    ids=["grey", "grey with alpha", "16 bits", "16 bits black", "1 bit black", "1 bit white"],
)
def test_grey_of_any_depth_keeps_its_shade(image: Image.Image, expected: Colour) -> None:
    assert is_near(colour_at(prepare(encoded(image, "PNG")), 0.5, 0.5), expected, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))

    assert is_near(colour_at(prepare(encoded(clear, kind)), 0.5, 0.5), WHITE, 3)


def test_half_transparent_red_becomes_pink() -> None:
    pink = prepare(encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 128)), "PNG"))

    assert is_near(colour_at(pink, 0.5, 0.5), (255, 127, 127), 5)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_is_kept(kind: str) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in (RED, BLUE, WHITE)]
    moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)

    assert is_near(colour_at(prepare(moving), 0.5, 0.5), RED)


def test_a_photo_with_a_second_one_inside_is_the_first_one() -> None:
    both = encoded(
        Image.new("RGB", (30, 30), RED),
        "MPO",
        save_all=True,
        append_images=[Image.new("RGB", (30, 30), BLUE)],
    )

    picture = prepare(both)

    assert is_near(colour_at(picture, 0.5, 0.5), RED)
    assert getattr(opened(picture.jpeg), "n_frames", 1) == 1


# Where the corner at the top left of the stored pixels is seen, by orientation.
CORNERS = {
    1: (0, 0),
    2: (1, 0),
    3: (1, 1),
    4: (0, 1),
    5: (0, 0),
    6: (1, 0),
    7: (1, 1),
    8: (0, 1),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", CORNERS)
def test_a_photo_taken_sideways_stands_upright(orientation: int, kind: str) -> None:
    stored = Image.new("RGB", (80, 40), WHITE)
    stored.paste(RED, (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = prepare(encoded(stored, kind, exif=exif))

    assert (picture.width > picture.height) == (orientation <= 4)
    x, y = CORNERS[orientation]
    assert is_near(colour_at(picture, 0.05 + 0.9 * x, 0.05 + 0.9 * y), RED, 90)
    assert is_near(colour_at(picture, 0.95 - 0.9 * x, 0.95 - 0.9 * y), WHITE, 90)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = prepare(image_bytes((80, 40), exif=exif))

    assert (picture.width, picture.height) == (80, 40)


def photo_with_secrets(kind: str) -> bytes:
    """Return a photo that knows where, when and with what it was taken, and more."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET-MAKER"
    exif[0x0112] = 6
    exif[0x9003] = "2026:11:22 14:05:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 34.0, 28.2), 3: "E", 4: (106.0, 31.0, 48.0)})
    options: dict[str, object] = {"exif": exif}
    if kind == "JPEG":
        options["comment"] = b"SECRET-COMMENT"
        options["icc_profile"] = b"SECRET-PROFILE" * 20
        options["xmp"] = b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>"
    return image_bytes((80, 40), kind=kind, **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_and_with_what_a_photo_was_taken_is_gone(kind: str) -> None:
    sent = photo_with_secrets(kind)
    assert b"SECRET" in sent
    assert dict(opened(sent).getexif().get_ifd(0x8825))

    picture = prepare(sent)

    for kept in (picture.jpeg, picture.thumb):
        image = opened(kept)
        assert not image.getexif()
        assert set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }
        assert b"SECRET" not in kept
        assert b"Exif" not in kept


def test_broken_metadata_does_not_cost_the_photo() -> None:
    sent = bytearray(photo_with_secrets("JPEG"))
    start = sent.index(b"Exif\0\0") + 6
    (length,) = struct.unpack(">H", sent[start - 8 : start - 6])
    chance = random.Random(7)
    for _ in range(300):
        broken = sent.copy()
        for _ in range(4):
            broken[start + chance.randrange(length - 8)] = chance.randrange(256)
        picture = prepare(bytes(broken))
        assert {picture.width, picture.height} == {80, 40}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_spoilt_bytes_give_a_picture_or_a_refusal_and_nothing_else(kind: str) -> None:
    options = {} if kind == "GIF" else {"exif": opened(photo_with_secrets("JPEG")).getexif()}
    sent = image_bytes((40, 30), kind=kind, **options)
    chance = random.Random(11)
    refused = 0
    for _ in range(400):
        spoilt = bytearray(sent)
        for _ in range(chance.choice((1, 3, 10))):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        if chance.random() < 0.3:
            del spoilt[chance.randrange(len(spoilt)) :]
        try:
            assert isinstance(prepare(bytes(spoilt)), Picture)
        except (NotAPicture, PictureTooLarge):
            refused += 1
    assert 0 < refused < 400


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (8000, 100)])
def test_a_large_photo_is_made_smaller_in_proportion(size: tuple[int, int]) -> None:
    picture = prepare(image_bytes(size))

    assert max(picture.width, picture.height) == LONGEST_EDGE
    assert picture.width / picture.height == pytest.approx(size[0] / size[1], rel=0.02)
    thumb = opened(picture.thumb)
    assert max(thumb.size) == THUMB_EDGE
    assert len(picture.thumb) < len(picture.jpeg)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_a_tiny_or_narrow_picture_stays_a_picture(size: tuple[int, int]) -> None:
    picture = prepare(image_bytes(size, kind="PNG"))

    assert picture.width >= 1
    assert picture.height >= 1
    assert (picture.width, picture.height) == opened(picture.jpeg).size


def test_the_same_photo_twice_is_the_same_bytes() -> None:
    sent = image_bytes()

    assert prepare(sent) == prepare(sent)


def test_what_hides_behind_a_photo_is_left_behind() -> None:
    polyglot = image_bytes() + b"PK\x03\x04<script>alert(1)</script><?php system('id');"

    picture = prepare(polyglot)

    for kept in (picture.jpeg, picture.thumb):
        assert b"script" not in kept
        assert kept.endswith(b"\xff\xd9")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_cut_short_is_refused(kind: str) -> None:
    whole = encoded(Image.effect_noise((300, 200), 80).convert("RGB"), kind)

    for share in (0.02, 0.3, 0.7):
        with pytest.raises(NotAPicture):
            prepare(whole[: int(len(whole) * share)])


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    """Return a small PNG file that says how large it is, and has nearly no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def gif(width: int, height: int, *, screen: tuple[int, int]) -> bytes:
    header = b"GIF89a" + struct.pack("<HH", *screen) + b"\x80\0\0\0\0\0\xff\xff\xff"
    return header + b"," + struct.pack("<HHHH", 0, 0, width, height) + b"\0\x02\x02\x44\x01\0;"


def jpeg(width: int, height: int) -> bytes:
    made = bytearray(image_bytes((8, 8)))
    at = made.index(b"\xff\xc0") + 5
    made[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(made)


def webp(width: int, height: int) -> bytes:
    made = bytearray(image_bytes((16, 16), kind="WEBP", lossless=True))
    at = made.index(b"VP8L") + 9
    flags = struct.unpack("<I", made[at : at + 4])[0] & ~0xFFFFFFF
    made[at : at + 4] = struct.pack("<I", flags | (width - 1) | (height - 1) << 14)
    return bytes(made)


BOMBS = {
    "png": png(50_000, 50_000),
    "png just too large": png(MOST_PIXELS // 1000 + 1, 1000),
    "png of one row": png(2**31 - 1, 1),
    "png of one column": png(1, LONGEST_SENT + 1),
    "gif": gif(65_535, 65_535, screen=(65_535, 65_535)),
    "gif larger than its screen": gif(65_535, 65_535, screen=(1, 1)),
    "jpeg": jpeg(65_500, 65_500),
    "webp": webp(16_383, 16_383),
    "webp below the library's own limit": webp(13_000, 13_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    begun = time.process_time()
    with pytest.raises(PictureTooLarge):
        prepare(BOMBS[name])
    # Opening one of them for real takes seconds and gigabytes.
    assert time.process_time() - begun < 0.5


def test_bombs_take_no_memory(tmp_path: Path) -> None:
    for number, bomb in enumerate(BOMBS.values()):
        (tmp_path / str(number)).write_bytes(bomb)
    program = """
import resource, sys
from pathlib import Path
from cases import PictureTooLarge, prepare
files = [path.read_bytes() for path in Path(sys.argv[1]).iterdir()]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in files:
    try:
        prepare(file)
    except PictureTooLarge:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        check=True,
        cwd=ROOT,
        text=True,
    )

    assert int(done.stdout) < 30  # MiB


def test_text_packed_into_a_picture_does_not_unfold() -> None:
    bomb = zlib.compress(b"\0" * 64 * 1024 * 1024, 9)
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    sent = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"zTXt", b"k\0\0" + bomb)
    sent += chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")

    with pytest.raises(NotAPicture):
        prepare(sent)


def test_more_than_ten_megabytes_are_refused_unread() -> None:
    with pytest.raises(PictureTooLarge):
        prepare(b"\xff\xd8\xff" + b"\0" * LARGEST)


def test_ten_megabytes_are_taken() -> None:
    sent = image_bytes()

    assert prepare(sent + b"\0" * (LARGEST - len(sent))).width == 64


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0" * 5000,
        b"\xff\xd8\xff",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypisom\0\0\0\0isomiso2",
        b"BM" + b"\0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b'{"errcode":40007,"errmsg":"invalid media_id"}',
    ],
    ids=[
        "nothing",
        "zeros",
        "half a mark",
        "html",
        "html behind a mark",
        "svg",
        "pdf",
        "heic",
        "film",
        "bmp",
        "postscript",
        "the platform's error",
    ],
)
def test_what_is_no_picture_is_refused(sent: bytes) -> None:
    with pytest.raises(NotAPicture) as refusal:
        prepare(sent)

    assert "照片" in refusal.value.sentence


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "ICO", "PPM", "TGA", "PDF", "JPEG2000", "EPS"])
def test_kinds_that_no_telephone_sends_are_refused(kind: str) -> None:
    with pytest.raises(NotAPicture):
        prepare(image_bytes(kind=kind))
