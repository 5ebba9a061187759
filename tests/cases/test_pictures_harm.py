"""Files that mean harm, or are no photos: refused quickly, and nothing of them is kept."""

import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cases import NotAPicture, PictureTooLarge, prepare
from cases.pictures import LARGEST, LONGEST_SENT, MOST_PIXELS
from tests.conftest import ROOT
from tests.factories import image_bytes


def test_what_hides_behind_a_photo_is_left_behind() -> None:
    polyglot = image_bytes() + b"PK\x03\x04<script>alert(1)</script><?php system('id');"

    picture = prepare(polyglot)

    for kept in (picture.jpeg, picture.thumb):
        assert b"script" not in kept
        assert kept.endswith(b"\xff\xd9")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_cut_short_is_refused(kind: str) -> None:
    buffer = BytesIO()
    Image.effect_noise((300, 200), 80).convert("RGB").save(buffer, kind)
    whole = buffer.getvalue()

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
