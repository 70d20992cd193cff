"""Pictures: which of an editor's we take, and what the site shows in their place.

The editor's file itself never reaches the site. Its pixels are decoded, turned upright, brought to sRGB and
encoded anew, so places, names, thumbnails, profiles and comments stay behind. Pillow is loaded by the
functions that need it: it is dear to import, and all but one of our functions show no picture.

Shape of a path: `media/<issue>/<name>-<10 hex of the original's SHA-256>-<width>.<ending>`.
"""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from broadsheet.content.picture_kinds import is_drawing, kind_of, lacks_its_end
from broadsheet.content.picture_names import named_by, safe_name
from broadsheet.content.png import without_notes

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

WIDTHS = (720, 1440)
SMALLEST_WIDTH = 600
MOST_MEGABYTES = 20
MOST_MEGAPIXELS = {"JPEG": 50, "PNG": 50, "WEBP": 25}  # at the peak 220, 630, 520 MB; Lambda gives us 1,024
LONGEST_SIDE = 65_000  # a JPEG ends at 65,535
WASTEFUL = 3  # a PNG so many times its JPEG, pixel for pixel, is a photograph
MOST_COLOURS = 256  # of a palette
ENOUGH_COLOURS = 64  # to draw smooth edges with
_ENDINGS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",), "WEBP": (".webp",)}
_ENCODING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 82, "progressive": True, "optimize": True, "subsampling": "4:2:0"},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 82, "method": 4},
}
_CUT = ("truncated", "unexpected end", "not processed")  # as Pillow's readers say that the end is missing
_OPAQUE = (255, 255)  # least and most
_ON_ITS_SIDE = (5, 6, 7, 8)  # orientations, as EXIF counts them


class PictureError(ValueError):
    """The picture can't be shown: `rule` says why, `values` what its sentence needs. Nothing was made."""

    def __init__(self, rule: str, **values: str) -> None:
        super().__init__(f"{rule} {values}")
        self.rule, self.values = rule, values


@dataclass(frozen=True)
class PictureSize:
    """One width of a picture: where the site holds it, and its measures in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True)
class SitePicture:
    """A picture as the site holds it: at least one size, ascending by width."""

    sizes: tuple[PictureSize, ...]

    @property
    def largest(self) -> PictureSize:
        """The widest."""
        return self.sizes[-1]

    @property
    def smallest(self) -> PictureSize:
        """The narrowest."""
        return self.sizes[0]

    def is_of(self, digest: str) -> bool:
        """Whether it was made of the picture with this SHA-256 (hex): its files are named by that."""
        return named_by(digest) in self.largest.path


@dataclass(frozen=True)
class PreparedPicture:
    """What to show, and the files that it needs: path on the site to content."""

    shown: SitePicture
    files: dict[str, bytes]


def picture_rules(content: bytes, source: str = "") -> list[tuple[str, dict[str, str], bool]]:
    """What is wrong with a picture: rule, values for its sentence, and whether it is an error.

    What the header tells is found without decoding; the rest is decoded as coarsely as its type allows.
    Without `source` the ending is not compared.

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
    """The picture as the site shows it, in two widths, never wider than it is.

    Its files are named by `digest`, its own SHA-256 (hex) unless another is given.

    The same bytes give the same files. A narrower one is left out where it weighs no less, as with a few
    fine drawings. Of an animation the first frame is shown.

    Raises:
        PictureError: an error of `picture_rules`.
    """
    with _reading(source):
        picture = _opened(content, source)
        sizes = _sizes(*_upright_size(picture))
        image = _pixels(picture, sizes[0])
    kind = _kind_shown(picture, image, len(content))
    digest = digest or hashlib.sha256(content).hexdigest()
    name = f"media/{issue_id}/{safe_name(source)}{named_by(digest)}"
    made: list[tuple[PictureSize, bytes]] = []
    for size in sizes:
        image = _scaled(image, size)
        encoded = _encoded(image, kind)
        if not made or len(encoded) < len(made[-1][1]):
            made.append((PictureSize(f"{name}{size[0]}{_ENDINGS[kind][0]}", *size), encoded))
    files = {shown.path: encoded for shown, encoded in made}
    return PreparedPicture(SitePicture(tuple(shown for shown, _ in reversed(made))), files)


def stripped(source: str, content: bytes) -> bytes:
    """What may lie on the desk in an original's place: the widest that the site shows, in the same type.

    Nothing that the file carried besides its pixels is left: no place, no name. Raises as `prepare`.
    """
    with _reading(source):
        picture = _opened(content, source)
        size = _sizes(*_upright_size(picture))[0]
        return _encoded(_scaled(_pixels(picture, size), size), str(picture.format))


def _opened(content: bytes, source: str) -> "ImageFile":
    """The picture, its header read, nothing decoded; by its own reader, as others take other types, too."""
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415  # see the module's docstring
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415  # only where it is used
    from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415  # only where it is used

    kind = _checked_kind(content, source)
    readers: dict[str, type[ImageFile]] = {"JPEG": JpegImageFile, "PNG": PngImageFile, "WEBP": WebPImageFile}
    picture = readers[kind](BytesIO(without_notes(content) if kind == "PNG" else content))
    width, height = picture.size
    megapixels = ceil(width * height / 1_000_000)
    if megapixels > (limit := MOST_MEGAPIXELS[kind]) or max(width, height) > LONGEST_SIDE:
        raise PictureError("picture-too-many-pixels", megapixels=str(megapixels), limit=str(limit))
    return picture


def _checked_kind(content: bytes, source: str) -> str:
    """JPEG, PNG or WebP, if the first bytes and the ending agree on it."""
    ending = PurePosixPath(source).suffix.lower()
    kind = kind_of(content)
    if ending != ".svg" and lacks_its_end(content, kind):
        raise PictureError("picture-cut")
    if not kind:
        is_svg = ending == ".svg" or is_drawing(content)
        raise PictureError("picture-svg" if is_svg else "picture-unreadable")
    if kind not in _ENDINGS or (source and ending not in _ENDINGS[kind]):
        raise PictureError("picture-wrong-type", **{"is": kind, "ending": ending})
    if (megabytes := ceil(len(content) / 1_000_000)) > MOST_MEGABYTES:
        raise PictureError("picture-too-large", megabytes=str(megabytes), limit=str(MOST_MEGABYTES))
    return kind


@contextmanager
def _reading(source: str) -> Iterator[None]:
    """Pillow's readers warn, and raise whatever a broken file leads them to: all that is one rule here."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except PictureError as error:
        raise PictureError(error.rule, source=source, **error.values) from error
    except Exception as error:
        rule = "picture-cut" if any(hint in str(error).lower() for hint in _CUT) else "picture-unreadable"
        raise PictureError(rule, source=source) from error


def _orientation(picture: "ImageFile") -> int:
    """How EXIF says that the picture is to be turned, 1 to 8."""
    from PIL.ExifTags import Base  # noqa: PLC0415  # only where it is used

    found = 1
    with suppress(Exception):  # what the camera noted may be broken where the picture is not
        found = picture.getexif().get(Base.Orientation, 1)
    return found if found in range(1, 9) else 1


def _upright_size(picture: "ImageFile") -> tuple[int, int]:
    width, height = picture.size
    return (height, width) if _orientation(picture) in _ON_ITS_SIDE else (width, height)


def _sizes(width: int, height: int) -> list[tuple[int, int]]:
    """The sizes to show, the largest first; none larger than the picture itself."""
    widths = sorted({min(width, at_most) for at_most in WIDTHS}, reverse=True)
    return [(narrow, max(1, round(height * narrow / width))) for narrow in widths]


def _pixels(picture: "ImageFile", size: tuple[int, int]) -> "Image":
    """The picture in grey, RGB or RGBA, upright, of that size, with nothing that it carried besides.

    A large JPEG is decoded at twice that size and no more, which spares memory; turning and colours come
    after scaling, for the same reason.
    """
    from PIL import ImageOps  # noqa: PLC0415  # only where it is used

    turn = _orientation(picture)
    lying = size[::-1] if turn in _ON_ITS_SIDE else size
    picture.draft(None, (2 * lying[0], 2 * lying[1]))
    picture.load()
    image = _scaled(_even(picture), lying)
    image = ImageOps.exif_transpose(image) if turn > 1 else image
    image = _in_srgb(image, picture.info.get("icc_profile"))
    image.info = {}
    return image


def _even(picture: "ImageFile") -> "Image":
    """The pixels in a form that can be scaled: L, RGB, RGBA or CMYK, eight bits each."""
    if picture.has_transparency_data:
        image = picture.convert("RGBA")
        return image if image.getchannel("A").getextrema() != _OPAQUE else image.convert("RGB")
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    mode = "L" if picture.mode == "1" else picture.mode
    return picture.convert(mode if mode in ("L", "CMYK") else "RGB")


def _scaled(image: "Image", size: tuple[int, int]) -> "Image":
    """The image in another size.

    A drawing in few colours keeps these: thousands between them would make the smaller file the larger one.
    """
    from PIL.Image import Dither, Resampling  # noqa: PLC0415  # only where it is used

    scaled = image.resize(size, Resampling.LANCZOS)
    colours = len(image.getcolors(MOST_COLOURS) or ())
    if image.mode != "RGB" or size == image.size or colours < ENOUGH_COLOURS:
        return scaled
    own = image.quantize(MOST_COLOURS, dither=Dither.NONE)
    return scaled.quantize(palette=own, dither=Dither.NONE).convert("RGB")


def _in_srgb(image: "Image", profile: bytes | None) -> "Image":
    """The image in the colours of the web; without a profile, or with a broken one, it is taken for that."""
    from PIL import ImageCms  # noqa: PLC0415  # only where it is used

    mode = image.mode if image.mode in ("L", "RGBA") else "RGB"
    through = "RGBA" if mode == "RGBA" else "RGB"
    with suppress(ImageCms.PyCMSError, OSError):
        theirs, ours = ImageCms.ImageCmsProfile(BytesIO(profile or b"")), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, theirs, ours, outputMode=through) or image
    return image.convert(mode)


def _kind_shown(picture: "ImageFile", image: "Image", size_bytes: int) -> str:
    """The type that the editor chose, but JPEG for a photograph in a PNG."""
    if picture.format != "PNG" or image.mode == "RGBA" or image.getcolors(MOST_COLOURS):
        return str(picture.format)
    bytes_per_pixel = size_bytes / (picture.width * picture.height)
    as_jpeg = len(_encoded(image, "JPEG")) / (image.width * image.height)
    return "JPEG" if bytes_per_pixel > WASTEFUL * as_jpeg else "PNG"


def _encoded(image: "Image", kind: str) -> bytes:
    out = BytesIO()
    (_in_palette(image) if kind == "PNG" else image).save(out, kind, **_ENCODING[kind])
    return out.getvalue()


def _in_palette(image: "Image") -> "Image":
    """The image with a palette, where that loses nothing."""
    from PIL.Image import Dither  # noqa: PLC0415  # only where it is used

    if image.mode == "L" or not image.getcolors(MOST_COLOURS):
        return image
    few = image.quantize(MOST_COLOURS, dither=Dither.NONE)
    return few if few.convert(image.mode).tobytes() == image.tobytes() else image
