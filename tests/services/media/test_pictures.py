"""Writing pictures anew: what comes out is small, clean and upright, and what is no picture is refused in time."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image

from app.domain.errors import Problem
from app.services.media.pictures import FILE_BYTES_MAX, SCANS_MAX, Picture, rewrite
from tests.factories import picture_file

SECRET = b"30.6571N 104.0665E"
"""Where a picture was taken, as a camera writes it down."""


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def opened(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(picture.full))
    image.load()
    assert image.size == (picture.width, picture.height)
    assert Image.MIME[str(image.format)] == picture.media_type
    small = Image.open(BytesIO(picture.small))
    assert small.format == image.format
    assert max(small.size) <= 480
    return image


def colour(image: Image.Image, at: tuple[int, int]) -> str:
    """Return the name of the colour at a point, roughly: JPEG changes it a little."""
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    named = {
        "red": (255, 0, 0),
        "green": (0, 128, 0),
        "blue": (0, 0, 255),
        "white": (255, 255, 255),
        "grey": (128,) * 3,
    }
    return min(named, key=lambda name: sum(abs(a - b) for a, b in zip(named[name], pixel, strict=True)))


def refused(content: bytes) -> str:
    with pytest.raises(Problem) as problem:
        rewrite(content)
    return problem.value.type.code


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_that_says(width: int, height: int, content: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")


def zipped() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("run.sh", "echo")
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_each_form_that_phones_send_becomes_a_jpeg(form: str):
    image = opened(rewrite(picture_file("blue", form)))
    assert (image.format, image.size, colour(image, (30, 20))) == ("JPEG", (64, 48), "blue")


def test_a_large_picture_is_made_smaller():
    image = opened(rewrite(picture_file("green", "JPEG", (4000, 3000))))
    assert image.size == (2560, 1920)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_and_forgets_where_it_was_taken(orientation: int):
    """The corner at the top left of the scene is red, whatever way the camera was held (CIPA DC-008)."""
    upright = Image.new("RGB", (96, 64), "green")
    upright.paste("red", (0, 0, 32, 32))
    turns: dict[int, Callable[[], Image.Image]] = {
        1: upright.copy,
        2: lambda: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda: upright.transpose(Image.Transpose.ROTATE_180),
        4: lambda: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda: upright.transpose(Image.Transpose.TRANSPOSE),
        6: lambda: upright.transpose(Image.Transpose.ROTATE_90),
        7: lambda: upright.transpose(Image.Transpose.TRANSVERSE),
        8: lambda: upright.transpose(Image.Transpose.ROTATE_270),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (30.0, 39.0, 25.5)
    content = saved(turns[orientation](), "JPEG", exif=exif, comment=SECRET, quality=95)
    assert SECRET in content
    picture = rewrite(content)
    image = opened(picture)
    assert (image.size, colour(image, (8, 8)), colour(image, (88, 8))) == ((96, 64), "red", "green")
    assert colour(image, (8, 56)) == "green"
    for file in (picture.full, picture.small):
        kept = Image.open(BytesIO(file))
        assert SECRET not in file
        assert b"Exif" not in file
        assert not kept.getexif()
        assert "comment" not in kept.info


def test_texts_and_profiles_of_a_png_are_gone():
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", SECRET.decode())
    see_through = Image.new("RGBA", (40, 40), (255, 0, 0, 100))
    picture = rewrite(saved(see_through, "PNG", pnginfo=texts, icc_profile=SECRET, dpi=(72, 72)))
    assert SECRET not in picture.full
    assert set(opened(picture).info) <= {"transparency"}


@pytest.mark.parametrize(
    ("image", "form", "media_type"),
    [
        (Image.new("RGBA", (40, 30), (255, 0, 0, 100)), "PNG", "image/png"),
        (Image.new("RGBA", (40, 30), (255, 0, 0, 255)), "PNG", "image/jpeg"),
        (Image.new("LA", (40, 30), (200, 10)), "PNG", "image/png"),
        (Image.new("1", (40, 30), 1), "PNG", "image/jpeg"),
        (Image.new("P", (40, 30), 1), "GIF", "image/jpeg"),
        (Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG", "image/jpeg"),
        (Image.new("L", (40, 30), 128), "JPEG", "image/jpeg"),
    ],
    ids=lambda part: part.mode if isinstance(part, Image.Image) else part,
)
def test_colours_of_every_kind(image: Image.Image, form: str, media_type: str):
    picture = rewrite(saved(image, form))
    assert picture.media_type == media_type
    assert opened(picture).size == (40, 30)
    if image.mode == "CMYK":
        assert colour(opened(picture), (20, 15)) == "red"


def test_grey_in_sixteen_bits_stays_grey():
    deep = Image.new("I;16", (40, 30), 128 * 256)
    assert colour(opened(rewrite(saved(deep, "PNG"))), (20, 15)) == "grey"


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_what_moves_the_first_frame_stays(form: str):
    frames = [Image.new("RGB", (40, 30), name) for name in ("red", "blue")]
    content = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    image = opened(rewrite(content))
    assert (getattr(image, "n_frames", 1), colour(image, (20, 15))) == (1, "red")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP"])
@pytest.mark.parametrize("other", [zipped(), b"<html><script>alert(1)</script></html>"], ids=["zip", "html"])
def test_what_hangs_on_behind_a_picture_dies(form: str, other: bytes):
    content = picture_file("red", form) + other
    picture = rewrite(content)
    assert other not in picture.full + picture.small
    assert b"PK\x03\x04" not in picture.full
    assert b"<script>" not in picture.full


class TestRefused:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP"])
    @pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
    def test_what_is_cut_off(self, form: str, share: float):
        noise = saved(Image.effect_noise((200, 200), 80).convert("RGB"), form)
        assert refused(noise[: int(len(noise) * share)]) in {"media-unreadable", "media-type-unknown"}

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0" * 100,
            b"not a picture",
            zipped(),
            b"%PDF-1.7",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            saved(Image.new("RGB", (40, 40)), "TIFF"),
            saved(Image.new("RGB", (40, 40)), "PPM"),
            saved(Image.new("RGB", (40, 40)), "ICO"),
        ],
        ids=["nothing", "zeros", "words", "zip", "pdf", "svg", "tiff", "ppm", "ico"],
    )
    def test_what_is_no_picture_of_a_phone(self, content: bytes):
        assert refused(content) == "media-type-unknown"

    def test_a_byte_too_many(self):
        content = picture_file("red", "BMP")
        assert rewrite(content.ljust(FILE_BYTES_MAX, b"\0")).width == 64
        assert refused(content.ljust(FILE_BYTES_MAX + 1, b"\0")) == "media-too-large"

    @pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (30_001, 1), (1, 30_001), (6_400, 6_300)])
    def test_a_bomb_before_it_goes_off(self, width: int, height: int):
        """Its head says how large it is; nothing is unpacked to find out."""
        assert refused(png_that_says(width, height, b"")) == "media-too-many-pixels"

    def test_a_picture_that_paints_itself_for_ever(self):
        progressive = saved(Image.new("RGB", (64, 64), "red"), "JPEG", progressive=True)
        assert rewrite(progressive).width == 64
        scan = progressive.rindex(b"\xff\xda")
        assert refused(progressive[:-2] + progressive[scan:-2] * SCANS_MAX + progressive[-2:]) == "media-unreadable"

    def test_a_see_through_picture_that_would_be_huge_gets_white_behind_it(self):
        noise = Image.effect_noise((1900, 1900), 255)
        deep = Image.merge("RGBA", [noise, noise.rotate(90), noise.rotate(180), noise.rotate(270)])
        content = saved(deep.reduce(1), "WEBP", quality=80)
        picture = rewrite(content)
        assert picture.media_type == "image/jpeg"
        assert len(picture.full) <= FILE_BYTES_MAX
