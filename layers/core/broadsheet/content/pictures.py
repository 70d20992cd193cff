"""Checks an editor's pictures, and re-encodes them for the site.

The editor's file itself never reaches the site. Its pixels are decoded, turned upright, converted to sRGB and
encoded again, without places, names, thumbnails, profiles and comments. Pillow is imported on first use:
importing it is slow, and only one function handles pictures.

Shape of a path: `media/<issue>/<name>-<10 hex of the original's SHA-256>-<width>.<ending>`.
"""

import hashlib
import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from broadsheet.content.picture_formats import format_of, is_cut, is_svg, without_metadata

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

WIDTHS = (720, 1440)
SMALLEST_WIDTH = 600
MOST_MEGABYTES = 20
MOST_MEGAPIXELS = {"JPEG": 50, "PNG": 50, "WEBP": 25}  # 220, 630, 520 MB at the peak; Lambda gives us 1,024
LONGEST_SIDE = 65_000  # the limit of JPEG is 65,535
WASTEFUL = 3  # a PNG with so many times the bytes of its JPEG is a photograph
MOST_COLOURS = 256  # of a palette
ENOUGH_COLOURS = 64  # for smooth edges
_ENDINGS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}
_ENCODING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 82, "progressive": True, "optimize": True, "subsampling": "4:2:0"},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 82, "method": 4},
}
_CUT = ("truncated", "unexpected end", "not processed")  # in Pillow's messages about truncated files
_OPAQUE = (255, 255)  # least and greatest alpha
_ON_ITS_SIDE = (5, 6, 7, 8)  # EXIF orientations
_ROMAN = str.maketrans(
    dict(zip("абвгґдезійклмнопрстуўфыэ", "abvggdezijklmnoprstuufye", strict=True))
    | {"ё": "io", "є": "ie", "ж": "zh", "и": "i", "ї": "i", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh"}
    | {"щ": "shch", "ю": "iu", "я": "ia", "ь": "", "ъ": "", "’": "", "'": ""}
)
_LONGEST_NAME = 40
_DIGEST_DIGITS = 10


class PictureError(ValueError):
    """The picture can't be shown: `rule` says why, `values` fill its sentences. No file was made."""

    def __init__(self, rule: str, **values: str) -> None:
        super().__init__(f"{rule} {values}")
        self.rule, self.values = rule, values


@dataclass(frozen=True)
class PictureSize:
    """One size of a picture: its path on the site, its width and height in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True)
class SitePicture:
    """A picture on the site: at least one size, ascending by width."""

    sizes: tuple[PictureSize, ...]

    @property
    def largest(self) -> PictureSize:
        """The widest size."""
        return self.sizes[-1]

    def is_of(self, digest: str) -> bool:
        """Whether it was made from the file with this SHA-256 (hex), which is a part of its paths."""
        return _name_part(digest) in self.largest.path


@dataclass(frozen=True)
class PreparedPicture:
    """What to show, and the files that it needs: path on the site to content."""

    shown: SitePicture
    files: dict[str, bytes]


def picture_rules(content: bytes, source: str = "") -> list[tuple[str, dict[str, str], bool]]:
    """What is wrong with a picture: the rule, values for its sentences, and whether it is an error.

    The header is checked before anything is decoded; the pixels are decoded as coarsely as the format allows.
    Without `source` the file's ending is not compared with its format.

    Shape of the values: all have `source`; picture-wrong-type `is` and `ending`, picture-too-large
    `megabytes` and `limit`, picture-too-many-pixels `megapixels` and `limit`, picture-small `width` and
    `limit`.
    """
    try:
        with _reading(source):
            picture = _opened(content, source)
            width, _ = _upright_size(picture)
            picture.draft(None, (1, 1))
            picture.load()
    except PictureError as error:
        return [(error.rule, error.values, True)]
    if width >= SMALLEST_WIDTH:
        return []
    return [("picture-small", {"source": source, "width": str(width), "limit": str(SMALLEST_WIDTH)}, False)]


def prepare(issue_id: str, source: str, content: bytes, digest: str = "") -> PreparedPicture:
    """The picture as the site shows it, in up to two widths, never wider than the original.

    `digest` names its files: by default the SHA-256 (hex) of `content`. The same bytes give the same files.
    A narrower size is left out if its file is not smaller, as with some fine drawings. An animation is
    reduced to its first frame.

    Raises:
        PictureError: an error of `picture_rules`.
    """
    with _reading(source):
        picture = _opened(content, source)
        sizes = _sizes(*_upright_size(picture))
        image = _pixels(picture, sizes[0])
    name = _format_shown(picture, image, len(content))
    digest = digest or hashlib.sha256(content).hexdigest()
    stem = f"media/{issue_id}/{_safe_name(source)}{_name_part(digest)}"
    made: list[tuple[PictureSize, bytes]] = []
    for size in sizes:
        image = _scaled(image, size)
        encoded = _encoded(image, name)
        if not made or len(encoded) < len(made[-1][1]):
            made.append((PictureSize(f"{stem}{size[0]}{_ENDINGS[name][0]}", *size), encoded))
    files = {shown.path: encoded for shown, encoded in made}
    return PreparedPicture(SitePicture(tuple(shown for shown, _ in reversed(made))), files)


def stripped(source: str, content: bytes) -> bytes:
    """The picture without metadata: the widest size that the site shows, in the original's format.

    It may replace the original on the desk.

    Raises:
        PictureError: an error of `picture_rules`.
    """
    with _reading(source):
        picture = _opened(content, source)
        size = _sizes(*_upright_size(picture))[0]
        return _encoded(_scaled(_pixels(picture, size), size), str(picture.format))


def _name_part(digest: str) -> str:
    """The part of a file's name that identifies the original."""
    return f"-{digest[:_DIGEST_DIGITS]}-"


def _safe_name(source: str) -> str:
    """The file's name in small Latin letters, digits and hyphens; "picture" if nothing of it remains."""
    lower = unicodedata.normalize("NFC", PurePosixPath(source).stem).lower()
    latin = unicodedata.normalize("NFKD", lower.translate(_ROMAN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", latin)[:_LONGEST_NAME].strip("-") or "picture"


def _opened(content: bytes, source: str) -> "ImageFile":
    """The picture with only its header read. `Image.open` would also try the readers of other formats."""
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415  # see the module's docstring
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415  # only where it is used
    from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415  # only where it is used

    name = _checked_format(content, source)
    readers: dict[str, type[ImageFile]] = {"JPEG": JpegImageFile, "PNG": PngImageFile, "WEBP": WebPImageFile}
    picture = readers[name](BytesIO(without_metadata(content) if name == "PNG" else content))
    width, height = picture.size
    megapixels = ceil(width * height / 1_000_000)
    if megapixels > (limit := MOST_MEGAPIXELS[name]) or max(width, height) > LONGEST_SIDE:
        raise PictureError("picture-too-many-pixels", megapixels=str(megapixels), limit=str(limit))
    return picture


def _checked_format(content: bytes, source: str) -> str:
    ending = PurePosixPath(source).suffix.lower()
    name = format_of(content)
    if ending != ".svg" and is_cut(content, name):
        raise PictureError("picture-cut")
    if not name:
        raise PictureError("picture-svg" if ending == ".svg" or is_svg(content) else "picture-unreadable")
    if name not in _ENDINGS or (source and ending not in _ENDINGS[name]):
        raise PictureError("picture-wrong-type", **{"is": name, "ending": ending})
    if (megabytes := ceil(len(content) / 1_000_000)) > MOST_MEGABYTES:
        raise PictureError("picture-too-large", megabytes=str(megabytes), limit=str(MOST_MEGABYTES))
    return name


@contextmanager
def _reading(source: str) -> Iterator[None]:
    """Hide Pillow's warnings, and turn whatever a broken file makes it raise into one of two rules."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except PictureError as error:
        raise PictureError(error.rule, source=source, **error.values) from error
    except Exception as error:
        rule = "picture-cut" if any(hint in str(error).lower() for hint in _CUT) else "picture-unreadable"
        raise PictureError(rule, source=source) from error


def _orientation(picture: "ImageFile") -> int:
    from PIL.ExifTags import Base  # noqa: PLC0415  # only where it is used

    found = 1
    with suppress(Exception):  # EXIF may be broken although the picture is not
        found = picture.getexif().get(Base.Orientation, 1)
    return found if found in range(1, 9) else 1


def _upright_size(picture: "ImageFile") -> tuple[int, int]:
    width, height = picture.size
    return (height, width) if _orientation(picture) in _ON_ITS_SIDE else (width, height)


def _sizes(width: int, height: int) -> list[tuple[int, int]]:
    """The sizes to show, the largest first; none is larger than the picture itself."""
    widths = sorted({min(width, at_most) for at_most in WIDTHS}, reverse=True)
    return [(narrow, max(1, round(height * narrow / width))) for narrow in widths]


def _pixels(picture: "ImageFile", size: tuple[int, int]) -> "Image":
    """The picture in grey, RGB or RGBA, upright, of that size, without metadata.

    To save memory, a large JPEG is decoded at no more than twice that size, and pixels are turned and
    converted after scaling.
    """
    from PIL import ImageOps  # noqa: PLC0415  # only where it is used

    orientation = _orientation(picture)
    lying = size[::-1] if orientation in _ON_ITS_SIDE else size
    picture.draft(None, (2 * lying[0], 2 * lying[1]))
    picture.load()
    image = _scaled(_scalable(picture), lying)
    image = ImageOps.exif_transpose(image) if orientation > 1 else image
    image = _in_srgb(image, picture.info.get("icc_profile"))
    image.info = {}
    return image


def _scalable(picture: "ImageFile") -> "Image":
    """The pixels in a mode that can be scaled: L, RGB, RGBA or CMYK, with eight bits a channel."""
    if picture.has_transparency_data:
        image = picture.convert("RGBA")
        return image if image.getchannel("A").getextrema() != _OPAQUE else image.convert("RGB")
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    mode = "L" if picture.mode == "1" else picture.mode
    return picture.convert(mode if mode in ("L", "CMYK") else "RGB")


def _scaled(image: "Image", size: tuple[int, int]) -> "Image":
    """The image in another size.

    A drawing keeps its few colours: interpolated colours would make the file of the smaller image larger.
    """
    from PIL.Image import Dither, Resampling  # noqa: PLC0415  # only where it is used

    scaled = image.resize(size, Resampling.LANCZOS)
    if image.mode != "RGB" or size == image.size:
        return scaled
    if len(image.getcolors(MOST_COLOURS) or ()) < ENOUGH_COLOURS:
        return scaled
    own = image.quantize(MOST_COLOURS, dither=Dither.NONE)
    return scaled.quantize(palette=own, dither=Dither.NONE).convert("RGB")


def _in_srgb(image: "Image", profile: bytes | None) -> "Image":
    """The image in sRGB; without a readable profile its colours count as sRGB."""
    from PIL import ImageCms  # noqa: PLC0415  # only where it is used

    mode = image.mode if image.mode in ("L", "RGBA") else "RGB"
    through = "RGBA" if mode == "RGBA" else "RGB"
    with suppress(ImageCms.PyCMSError, OSError):
        theirs, ours = ImageCms.ImageCmsProfile(BytesIO(profile or b"")), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, theirs, ours, outputMode=through) or image
    return image.convert(mode)


def _format_shown(picture: "ImageFile", image: "Image", size_bytes: int) -> str:
    """The original's format, but JPEG for a photograph in a PNG."""
    if picture.format != "PNG" or image.mode == "RGBA" or image.getcolors(MOST_COLOURS):
        return str(picture.format)
    bytes_per_pixel = size_bytes / (picture.width * picture.height)
    as_jpeg = len(_encoded(image, "JPEG")) / (image.width * image.height)
    return "JPEG" if bytes_per_pixel > WASTEFUL * as_jpeg else "PNG"


def _encoded(image: "Image", name: str) -> bytes:
    out = BytesIO()
    (_with_palette(image) if name == "PNG" else image).save(out, name, **_ENCODING[name])
    return out.getvalue()


def _with_palette(image: "Image") -> "Image":
    """The image with a palette, if no colour is lost."""
    from PIL.Image import Dither  # noqa: PLC0415  # only where it is used

    if image.mode == "L" or not image.getcolors(MOST_COLOURS):
        return image
    few = image.quantize(MOST_COLOURS, dither=Dither.NONE)
    return few if few.convert(image.mode).tobytes() == image.tobytes() else image
