"""Writing a picture anew: from bytes of anywhere to a clean JPEG or PNG and a small one. Pure; it may take a second.

What else was in the file dies here, since nothing but the pixels is carried over: places, cameras, comments, profiles,
further frames, and whatever was hung on behind. Nothing is decoded before its size is known.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, UnidentifiedImageError
from PIL.Image import Resampling, Transpose

from app.domain.errors import Problem

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""Pillow reads dozens of others, which no phone takes pictures in; each would be one more door."""

FILE_BYTES_MAX = 10 << 20
PIXELS_MAX = 40_000_000
SIDE_PIXELS_MAX = 30_000
SCANS_MAX = 64
"""A progressive JPEG paints itself over and over; some hundred bytes a time would keep a processor busy for an hour."""

FULL_SIDE_PIXELS = 2560
SMALL_SIDE_PIXELS = 480
FULL_QUALITY = 85
SMALL_QUALITY = 80
ORIENTATION_TAG = 0x0112
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What undoes each orientation of EXIF (CIPA DC-008, tag 0x0112); 1 needs nothing."""

Image.MAX_IMAGE_PIXELS = None  # Pillow only warns below twice its bound; ours is looked at below


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept."""

    full: bytes
    small: bytes
    width: int
    height: int
    media_type: str

    @property
    def sha256(self) -> bytes:
        """The fingerprint of the full file."""
        return hashlib.sha256(self.full).digest()


def rewrite(content: bytes) -> Picture:
    """Return the first frame of a picture, upright, at most 2,560 pixels long, as PNG where it is see-through.

    Raises ``media-too-large``, ``media-type-unknown``, ``media-too-many-pixels`` and ``media-unreadable``.
    """
    if len(content) > FILE_BYTES_MAX:
        raise Problem("media-too-large")
    image = _open(content)
    try:
        image = _upright(image)
    except Problem:
        raise
    except Exception as error:  # decoders raise what they like for what is broken
        raise Problem("media-unreadable") from error
    full = _encode(image, FULL_QUALITY)
    if len(full) > FILE_BYTES_MAX:
        image = _on_white(image)
        full = _encode(image, FULL_QUALITY)
    width, height = image.size
    media_type = "image/png" if image.mode == "RGBA" else "image/jpeg"
    image.thumbnail((SMALL_SIDE_PIXELS, SMALL_SIDE_PIXELS), Resampling.LANCZOS)
    return Picture(full, _encode(image, SMALL_QUALITY), width, height, media_type)


def _open(content: bytes) -> Image.Image:
    """Return a picture of which only the head was read. Raises the problems of ``rewrite``."""
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Problem("media-type-unknown") from error
    except Exception as error:
        raise Problem("media-unreadable") from error
    _require_bearable(image)
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > SCANS_MAX:
        raise Problem("media-unreadable")
    return image


def _require_bearable(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_MAX or max(image.size) > SIDE_PIXELS_MAX:
        raise Problem("media-too-many-pixels")


def _upright(image: Image.Image) -> Image.Image:
    """Return the picture's pixels in their final size and colours, and nothing else of it."""
    orientation = _orientation(image)
    image.draft("RGB", (FULL_SIDE_PIXELS, FULL_SIDE_PIXELS))  # a JPEG is decoded no larger than it need be
    image.load()
    _require_bearable(image)
    image = _in_plain_colours(image)
    image.thumbnail((FULL_SIDE_PIXELS, FULL_SIDE_PIXELS), Resampling.LANCZOS, reducing_gap=2.0)
    if orientation in TURNS:
        image = image.transpose(TURNS[orientation])
    image.info.clear()
    return image


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ORIENTATION_TAG)
    except Exception:  # noqa: BLE001 - a broken EXIF says nothing; the picture may be whole
        return None


def _in_plain_colours(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, or in RGBA where some of it is see-through."""
    if image.mode.startswith("I"):  # grey in 16 bits, of which the upper eight are seen
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    is_opaque = image.getchannel("A").getextrema()[0] == 255
    return image.convert("RGB") if is_opaque else image


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _encode(image: Image.Image, quality: int) -> bytes:
    """Return the file of a picture: PNG for RGBA, else JPEG, which comes into view by and by where the net is slow."""
    file = BytesIO()
    if image.mode == "RGBA":
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=quality, progressive=True)
    return file.getvalue()
