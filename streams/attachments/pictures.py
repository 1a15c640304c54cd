"""Pictures for others: the same pixels encoded anew, without place, device, time, comment or anything behind the picture."""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms, ImageOps, JpegImagePlugin, UnidentifiedImageError

from streams.attachments.kinds import Refused

MAX_PIXELS = 50_000_000
MAX_SIDE = 20_000
THUMBNAIL_BYTES = 20_000
_SIDES, _QUALITIES = (320, 240, 160, 80), (75, 60, 45, 30)
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
# The limit is ours to refuse by, with a reason; Pillow's own warns first.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What others get: the bytes, width and height as shown (turned as the camera was held), and a small JPEG of it."""

    content: bytes
    width: int
    height: int
    thumbnail: bytes


def picture(content: bytes, media_type: str) -> Picture:
    """The picture for others, of the same media type. Raises Refused where it is cut short, damaged or too large."""
    try:
        with Image.open(io.BytesIO(content), formats=(_FORMATS[media_type],)) as found:
            check_size(*found.size)
            found.load()
            options = _as_before(found, media_type)
            plain = _plain(found)
    except MemoryError:
        raise too_large() from None
    except UnidentifiedImageError:
        raise Refused("damaged", "it begins like a picture and is none: send the photograph as the camera made it") from None
    except (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        cut = "truncated" in str(error)
        raise Refused(
            "cut_short" if cut else "damaged", f"the picture is {'cut short' if cut else 'damaged'}: send it again from where it was taken"
        ) from None
    made = io.BytesIO()
    plain.save(made, _FORMATS[media_type], **options)
    return Picture(made.getvalue(), *plain.size, thumbnail_of(plain))


def check_size(width: int, height: int) -> None:
    """Raises Refused where so many pixels would take too much memory, whatever the file's size."""
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Refused("too_many_pixels", f"{width} × {height} pixels: at most {MAX_PIXELS // 1_000_000} million, make it smaller")


def too_large() -> Refused:
    """It would take more memory than one file may."""
    return Refused("too_large", "it takes too much memory to be examined: make it smaller")


def thumbnail_of(plain: Image.Image) -> bytes:
    """A JPEG of at most `THUMBNAIL_BYTES`, on white where the picture has holes."""
    small = plain.copy()
    small.thumbnail((_SIDES[0], _SIDES[0]))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    for side in _SIDES:
        small.thumbnail((side, side))
        for quality in _QUALITIES:
            made = io.BytesIO()
            small.save(made, "JPEG", quality=quality, optimize=True)
            if made.tell() <= THUMBNAIL_BYTES:
                return made.getvalue()
    raise AssertionError("80 pixels a side do not fit")


def _as_before(found: Image.Image, media_type: str) -> dict[str, Any]:
    """A JPEG by its own tables, so that nothing is lost a second time that was not lost before."""
    if media_type == "image/png":
        return {"compress_level": 4}
    if not isinstance(found, JpegImagePlugin.JpegImageFile) or found.mode not in ("RGB", "L"):
        return {"quality": 92}
    return {"qtables": found.quantization, "subsampling": JpegImagePlugin.get_sampling(found)}


def _plain(found: Image.Image) -> Image.Image:
    """The pixels alone, turned upright, in the colours that every screen means."""
    profile = found.info.get("icc_profile")
    upright = ImageOps.exif_transpose(found)
    alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    plain = upright.convert("RGBA" if alpha else "L" if upright.mode in ("1", "L") else "RGB")
    if profile and plain.mode == "RGB" and upright.mode == "RGB":
        plain = _in_srgb(plain, profile)
    plain.info = {}
    return plain


def _in_srgb(plain: Image.Image, profile: bytes) -> Image.Image:
    try:
        named = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(named).lower():
            return plain
        return ImageCms.profileToProfile(plain, named, ImageCms.createProfile("sRGB"), outputMode="RGB") or plain
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        # A profile that cannot be read: the pixels as they are.
        return plain
