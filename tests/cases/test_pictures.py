"""Photos as people send them: every kind a telephone makes, upright and without secrets."""

import hashlib
import random
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cases import NotAPicture, Picture, PictureTooLarge, prepare
from cases.pictures import LONGEST_EDGE, THUMB_EDGE
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


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_broken_metadata_does_not_cost_the_photo(kind: str) -> None:
    sent = photo_with_secrets(kind)
    start = sent.index(b"MM\0*")
    end = sent.index(b"SECRET-MAKER") + 40
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(sent)
        for _ in range(4):
            broken[chance.randrange(start, end)] = chance.randrange(256)
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
