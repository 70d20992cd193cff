"""Pictures: which are taken, what becomes of them, and that nothing but pixels leaves the desk."""

import hashlib
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from broadsheet.content.pictures import (
    PictureError,
    PictureSize,
    PreparedPicture,
    SitePicture,
    picture_rules,
    prepare,
    stripped,
)
from tests.effort import tries

ISSUE = "2016-12-05"
SECRETS = (b"Minsk-53.9N", b"Anna-Who-Took-It", b"A-Private-Comment", b"An-XMP-Secret")
PLACE, NAME, COMMENT, XMP = SECRETS
ARTIST, ORIENTATION, GPS, GPS_AREA, MAKER = 315, 274, 34853, 28, 0x927C
UPRIGHT, ON_ITS_SIDE = 1, 6
RED, BLUE = (200, 20, 20), (20, 20, 200)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def a_photo(width: int = 1600, height: int = 900, mode: str = "RGB") -> Image.Image:
    """Clouds and grain: what a camera makes of a grey day."""
    chance = random.Random(5)  # noqa: S311  # no secret
    clouds = Image.frombytes("RGB", (16, 9), chance.randbytes(16 * 9 * 3))
    grain = Image.frombytes("RGB", (width, height), chance.randbytes(width * height * 3))
    return Image.blend(clouds.resize((width, height), Image.Resampling.BICUBIC), grain, 0.05).convert(mode)


def halves(width: int, height: int) -> Image.Image:
    """Red to the left, blue to the right."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width // 2, height))
    return image


def a_drawing() -> Image.Image:
    """Smooth areas in 100 colours."""
    width, height = 1200, 675
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for step in range(100):
        draw.ellipse(
            (step * 4, step * 3, width - step * 4, height - step * 3), fill=(step * 2, 90, 250 - step)
        )
    return image


def exif(orientation: int = UPRIGHT) -> Image.Exif:
    made = Image.Exif()
    made[ORIENTATION] = orientation
    made[ARTIST] = NAME.decode()
    made.get_ifd(GPS)[GPS_AREA] = b"ASCII\0\0\0" + PLACE
    return made


def thumbnail_app1(orientation: int) -> bytes:
    """EXIF as cameras write it: orientation and artist, then a thumbnail with a comment of its own."""
    thumbnail = encoded(Image.new("RGB", (16, 9), RED), "JPEG", comment=COMMENT)
    artist = NAME + b"\0"
    at_artist = 8 + 2 + 2 * 12 + 4
    at_second = at_artist + len(artist)
    at_thumbnail = at_second + 2 + 2 * 12 + 4
    first = struct.pack(
        ">HHHIHHHHIII", 2, ORIENTATION, 3, 1, orientation, 0, ARTIST, 2, len(artist), at_artist, at_second
    )
    second = struct.pack(">HHHIIHHIII", 2, 0x201, 4, 1, at_thumbnail, 0x202, 4, 1, len(thumbnail), 0)
    body = b"Exif\0\0" + b"MM\0*\0\0\0\x08" + first + artist + second + thumbnail
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def a_jpeg_with_metadata() -> bytes:
    plain = encoded(
        a_photo(),
        "JPEG",
        quality=90,
        exif=exif(),
        comment=COMMENT,
        xmp=b"<x:xmpmeta>" + XMP,
        icc_profile=profile(),
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0c\x1c\x02\x50\0\x07" + b"Witness"
    return (
        plain[:2]
        + thumbnail_app1(UPRIGHT)
        + b"\xff\xed"
        + struct.pack(">H", len(iptc) + 2)
        + iptc
        + plain[2:]
    )


def a_png_with_metadata() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", NAME.decode())
    words.add_text("Comment", COMMENT.decode(), zip=True)
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return encoded(a_drawing(), "PNG", pnginfo=words, exif=exif(), icc_profile=profile(), dpi=(300, 300))


def a_webp_with_metadata() -> bytes:
    return encoded(a_photo(), "WEBP", exif=exif(), xmp=XMP, icc_profile=profile())


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def shown(content: bytes, source: str = "images/bridge.jpg") -> list[Image.Image]:
    """The pictures on the site, the narrowest first."""
    made = prepare(ISSUE, source, content)
    return [opened(made.files[size.path]) for size in made.shown.sizes]


def measures(content: bytes, source: str = "images/bridge.jpg") -> list[tuple[int, int]]:
    return [(size.width, size.height) for size in prepare(ISSUE, source, content).shown.sizes]


def rules(content: bytes, source: str = "") -> list[str]:
    return [rule for rule, _, _ in picture_rules(content, source)]


def about(pixel: Any, colour: tuple[int, ...], within: int = 12) -> bool:
    return all(abs(one - other) <= within for one, other in zip(pixel, colour, strict=True))


def jpeg_segments(content: bytes) -> set[int]:
    """The markers before the pixels."""
    found, at = set(), 2
    while content[at + 1] != 0xDA:
        found.add(content[at + 1])
        at += 2 + int(struct.unpack_from(">H", content, at + 2)[0])
    return found


def png_chunks(content: bytes) -> set[bytes]:
    found, at = set(), 8
    while at < len(content):
        found.add(content[at + 4 : at + 8])
        at += 12 + int(struct.unpack_from(">I", content, at)[0])
    return found


def webp_chunks(content: bytes) -> set[bytes]:
    found, at = set(), 12
    while at < len(content):
        found.add(content[at : at + 4])
        size = int(struct.unpack_from("<I", content, at + 4)[0])
        at += 8 + size + size % 2
    return found


APP_AND_COMMENT = {*range(0xE1, 0xF0), 0xFE}  # APP0 is JFIF itself


@pytest.mark.parametrize(
    ("source", "telling", "parts", "meant"),
    [
        ("a.jpg", a_jpeg_with_metadata, jpeg_segments, APP_AND_COMMENT),
        (
            "a.png",
            a_png_with_metadata,
            png_chunks,
            {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"pHYs", b"tIME"},
        ),
        ("a.webp", a_webp_with_metadata, webp_chunks, {b"EXIF", b"XMP ", b"ICCP"}),
    ],
)
def test_nothing_but_pixels_reaches_the_site(
    source: str, telling: Callable[[], bytes], parts: Callable[[bytes], set[Any]], meant: set[Any]
) -> None:
    content = telling()
    revealed = parts(content) & meant
    assert len(revealed) >= 3, "the test has lost its teeth"
    assert NAME in content
    assert picture_rules(content, source) == []
    for file in prepare(ISSUE, source, content).files.values():
        assert parts(file) & meant == set()
        assert [secret for secret in (*SECRETS, b"Witness", b"Exif", b"ICC", b"http") if secret in file] == []
        assert dict(opened(file).getexif()) == {}


def test_the_sample_pictures_with_metadata_contain_secrets() -> None:
    jpeg = opened(a_jpeg_with_metadata())
    assert [secret for secret in (*SECRETS, b"Witness") if secret not in a_jpeg_with_metadata()] == []
    assert jpeg.info["comment"] == COMMENT
    assert jpeg_segments(a_jpeg_with_metadata()) >= {0xE1, 0xE2, 0xED, 0xFE}
    assert PLACE in opened(a_png_with_metadata()).getexif().get_ifd(GPS)[GPS_AREA]
    assert opened(a_png_with_metadata()).info["Comment"] == COMMENT.decode()


@pytest.mark.parametrize(
    ("own", "widths"),
    [(400, [400]), (719, [719]), (720, [720]), (800, [720, 800]), (1440, [720, 1440]), (3000, [720, 1440])],
)
def test_a_picture_has_two_widths_and_none_larger_than_itself(own: int, widths: list[int]) -> None:
    content = encoded(a_photo(own, own // 2), "JPEG")
    assert [width for width, _ in measures(content)] == widths
    assert [image.width for image in shown(content)] == widths


def test_the_height_is_scaled_and_never_zero() -> None:
    assert measures(encoded(a_photo(3000, 2000), "JPEG")) == [(720, 480), (1440, 960)]
    assert measures(encoded(Image.new("RGB", (4000, 1), RED), "PNG"), "a.png")[-1] == (1440, 1)


def test_a_picture_is_named_by_the_original_and_its_width() -> None:
    content = encoded(a_photo(), "JPEG")
    made = prepare(ISSUE, "images/week/Bridge over.JPG", content)
    digest = made.shown.largest.path.split("-")[-2]
    assert made.shown == SitePicture(
        (
            PictureSize(f"media/2016-12-05/bridge-over-{digest}-720.jpg", 720, 405),
            PictureSize(f"media/2016-12-05/bridge-over-{digest}-1440.jpg", 1440, 810),
        )
    )
    assert set(made.files) == {size.path for size in made.shown.sizes}
    assert [size.width for size in made.shown.sizes] == [720, 1440]
    assert len(digest) == 10
    other = encoded(a_photo(), "JPEG", quality=70)
    assert prepare(ISSUE, "images/week/Bridge over.JPG", other).shown != made.shown
    digests = [hashlib.sha256(each).hexdigest() for each in (content, other)]
    assert [made.shown.is_of(digest) for digest in digests] == [True, False]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("images/Мост у Мінску.png", "most-u-minsku"),
        ("images/Щит и ёлка.png", "shchit-i-iolka"),
        ("images/Cafe\u0301.png", "cafe"),
        ("images/--\u2028..%2e%2e.png", "2e-2e"),
        ("images/桥.png", "picture"),
        ("images/" + "a" * 90 + ".png", "a" * 40),
    ],
)
def test_the_name_on_the_site_is_plain(source: str, name: str) -> None:
    path = prepare(ISSUE, source, encoded(halves(640, 20), "PNG")).shown.largest.path
    assert path.rsplit("-", 2)[0] == f"media/2016-12-05/{name}"


@pytest.mark.parametrize(("source", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")])
def test_the_same_bytes_give_the_same_files(source: str, kind: str) -> None:
    content = encoded(a_photo(), kind)
    assert prepare(ISSUE, source, content) == prepare(ISSUE, source, content)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("thumbnail", [False, True])
def test_a_picture_is_rotated_upright(orientation: int, thumbnail: bool) -> None:  # noqa: FBT001  # a case's column
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    meant = Image.new("RGB", (800, 1000), BLUE)
    meant.paste(RED, (0, 0, 400, 300))
    taken = meant.transpose(undone[orientation]) if orientation in undone else meant
    plain = encoded(taken, "JPEG", quality=95, **({} if thumbnail else {"exif": exif(orientation)}))
    content = plain[:2] + thumbnail_app1(orientation) + plain[2:] if thumbnail else plain
    for image in shown(content):
        assert image.width / image.height == pytest.approx(0.8, abs=0.01)
        corner, beside, below = (20, 20), (image.width - 20, 20), (20, image.height - 20)
        assert about(image.getpixel(corner), RED)
        assert about(image.getpixel(beside), BLUE)
        assert about(image.getpixel(below), BLUE)


@pytest.mark.parametrize(("source", "kind"), [("a.png", "PNG"), ("a.webp", "WEBP")])
def test_png_and_webp_are_rotated_too(source: str, kind: str) -> None:
    content = encoded(halves(900, 700), kind, exif=exif(ON_ITS_SIDE))
    (image, *_) = shown(content, source)
    assert image.size == (700, 900)
    assert about(image.convert("RGB").getpixel((350, 20)), RED)
    assert rules(encoded(halves(900, 500), kind, exif=exif(ON_ITS_SIDE))) == ["picture-small"]


def test_broken_exif_is_no_reason_to_refuse_a_picture() -> None:
    content = encoded(a_photo(800, 600), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\xff\xff\xff")
    assert picture_rules(content, "a.jpg") == []
    assert measures(content) == [(720, 540), (800, 600)]


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_cmyk_and_grey_pictures_become_rgb(mode: str) -> None:
    made = shown(encoded(halves(800, 600).convert(mode), "JPEG", quality=95))
    assert {image.mode for image in made} == {"L" if mode == "L" else "RGB"}
    expected = halves(800, 600).convert(mode).convert("RGB")
    one_pixel = (20, 20, 21, 21)
    assert about(made[-1].convert("RGB").crop(one_pixel).tobytes(), (*expected.crop(one_pixel).tobytes(),))


def test_sixteen_bits_become_eight_without_clipping() -> None:
    image = Image.new("I;16", (800, 600), 0x80FF)
    (_, large) = shown(encoded(image, "PNG"), "a.png")
    assert (large.mode, large.getpixel((5, 5))) == ("L", 0x80)


def swapped_profile() -> bytes:
    """sRGB with its red and blue primaries exchanged, so that using it can be seen."""
    plain = bytearray(profile())
    count = struct.unpack_from(">I", plain, 128)[0]
    tags = {bytes(plain[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, blue = tags[b"rXYZ"] + 4, tags[b"bXYZ"] + 4
    plain[red : red + 8], plain[blue : blue + 8] = plain[blue : blue + 8], plain[red : red + 8]
    return bytes(plain)


@pytest.mark.parametrize(("source", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")])
def test_a_colour_profile_is_applied_and_removed(source: str, kind: str) -> None:
    image = Image.new("RGB", (800, 600), RED)
    with_profile = shown(encoded(image, kind, icc_profile=swapped_profile()), source)
    assert all(about(made.convert("RGB").getpixel((9, 9)), BLUE) for made in with_profile)
    unusable = shown(encoded(image, kind, icc_profile=b"no profile"), source)
    assert all(about(made.convert("RGB").getpixel((9, 9)), RED) for made in unusable)


def test_a_profile_keeps_what_is_transparent() -> None:
    image = Image.new("RGBA", (800, 600), (*RED, 0))
    image.paste((*RED, 255), (0, 0, 400, 600))
    made = shown(encoded(image, "PNG", icc_profile=swapped_profile()), "a.png")[-1].convert("RGBA")
    assert made.getpixel((700, 9))[3] == 0  # type: ignore[index]  # four bands
    assert about(made.getpixel((9, 9)), (*BLUE, 255))


def test_a_drawing_stays_a_lossless_palette_image_and_smaller_widths_weigh_less() -> None:
    drawing = a_drawing()
    made = prepare(ISSUE, "a.png", encoded(drawing, "PNG"))
    small, large = (made.files[size.path] for size in made.shown.sizes)
    assert [opened(file).mode for file in (small, large)] == ["P", "P"]
    assert opened(large).convert("RGB").tobytes() == drawing.tobytes()
    assert len(small) < len(large)


def test_fine_lines_keep_smooth_edges_when_narrowed() -> None:
    image = Image.new("1", (1440, 900), 1)
    ImageDraw.Draw(image).line((0, 0, 1440, 900), fill=0, width=3)
    small = shown(encoded(image, "PNG"), "a.png")[0]
    assert len(small.convert("L").getcolors() or ()) > 2


def test_a_narrower_picture_that_weighs_more_is_left_out() -> None:
    chart = Image.new("RGB", (1200, 675), "white")
    for line in range(60):
        ImageDraw.Draw(chart).line((line * 20, 0, 1200 - line * 17, 675), fill="black", width=2)
    content = encoded(chart, "PNG")
    assert measures(content, "a.png") == [(1200, 675)]
    assert len(prepare(ISSUE, "a.png", content).files) == 1


def test_a_photograph_in_a_png_becomes_a_jpeg_but_a_screenshot_does_not() -> None:
    photo = encoded(a_photo(), "PNG")
    made = prepare(ISSUE, "a.png", photo)
    assert {path.rsplit(".", 1)[1] for path in made.files} == {"jpg"}
    assert sum(map(len, made.files.values())) * 3 < len(photo)
    screen = Image.linear_gradient("L").resize((1600, 900)).convert("RGB")
    screen.putpixel((3, 3), RED)
    ImageDraw.Draw(screen).text((20, 20), "A table of figures", fill=BLUE)
    assert {path.rsplit(".", 1)[1] for path in prepare(ISSUE, "a.png", encoded(screen, "PNG")).files} == {
        "png"
    }


def test_transparency_stays_and_an_opaque_fourth_band_goes() -> None:
    photo = a_photo(800, 450, mode="RGBA")
    assert {image.mode for image in shown(encoded(photo, "PNG"), "a.png")} == {"RGB"}
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    assert {image.mode for image in shown(encoded(photo, "PNG"), "a.png")} == {"RGBA"}
    assert {image.mode for image in shown(encoded(photo, "WEBP"), "a.webp")} == {"RGBA"}


@pytest.mark.parametrize(("source", "kind"), [("a.png", "PNG"), ("a.webp", "WEBP")])
def test_an_animation_shows_its_first_frame(source: str, kind: str) -> None:
    frames = [Image.new("RGB", (800, 600), BLUE)] * 2
    content = encoded(
        Image.new("RGB", (800, 600), RED), kind, save_all=True, append_images=frames, duration=50
    )
    assert getattr(opened(content), "n_frames", 1) > 1
    for image in shown(content, source):
        assert getattr(image, "n_frames", 1) == 1
        assert about(image.convert("RGB").getpixel((9, 9)), RED)


def a_png_header(width: int, height: int) -> bytes:
    """A PNG that says that it is so large, and ends there."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, pixels))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def a_webp_header(width: int, height: int) -> bytes:
    """An animation that says that its canvas is so large; its one frame is small."""
    frames = [Image.new("RGB", (16, 16), RED), Image.new("RGB", (16, 16), BLUE)]
    made = bytearray(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    assert made[12:16] == b"VP8X"
    made[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(made)


def refused(rule: str, **values: str) -> list[tuple[str, dict[str, str], bool]]:
    return [(rule, {name.rstrip("_"): value for name, value in values.items()}, True)]


SVG = b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'


@pytest.mark.parametrize(
    ("source", "content", "found"),
    [
        ("a.svg", SVG, refused("picture-svg")),
        ("a.png", SVG, refused("picture-svg")),
        ("", SVG.decode("utf-8-sig").encode("utf-16"), refused("picture-svg")),
        ("a.svg", b"", refused("picture-svg")),
        ("a.png", b"", refused("picture-cut")),
        ("a.png", b"not a picture", refused("picture-unreadable")),
        ("a.png", b"\x89PNG\r\n\x1a\n", refused("picture-unreadable")),
        ("a.png", encoded(halves(9, 9), "JPEG"), refused("picture-wrong-type", is_="JPEG", ending=".png")),
        ("a.gif", encoded(halves(9, 9), "GIF"), refused("picture-wrong-type", is_="GIF", ending=".gif")),
        ("", encoded(halves(9, 9), "GIF"), refused("picture-wrong-type", is_="GIF", ending="")),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0", refused("picture-wrong-type", is_="HEIF", ending=".jpg")),
        ("a.png", a_png_header(7100, 7100), refused("picture-too-many-pixels", megapixels="51", limit="50")),
        ("a.png", a_png_header(65_001, 1), refused("picture-too-many-pixels", megapixels="1", limit="50")),
        (
            "a.png",
            a_png_header(40_000, 40_000),
            refused("picture-too-many-pixels", megapixels="1600", limit="50"),
        ),
        (
            "a.webp",
            a_webp_header(5100, 5000),
            refused("picture-too-many-pixels", megapixels="26", limit="25"),
        ),
        ("a.png", a_png_header(800, 600), refused("picture-cut")),
        (
            "a.jpg",
            encoded(halves(800, 600), "JPEG") + bytes(20_000_000),
            refused("picture-too-large", megabytes="21", limit="20"),
        ),
    ],
)
def test_what_is_refused(source: str, content: bytes, found: list[tuple[str, dict[str, str], bool]]) -> None:
    found = [(rule, {"source": source, **values}, is_error) for rule, values, is_error in found]
    assert picture_rules(content, source) == found
    with pytest.raises(PictureError) as refusal:
        prepare(ISSUE, source, content)
    assert [(refusal.value.rule, refusal.value.values, True)] == found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_fine_picture_breaks_no_rule_and_a_narrow_one_is_published_with_a_warning(kind: str) -> None:
    ending = {"JPEG": ".jpeg", "PNG": ".PNG", "WEBP": ".webp"}[kind]
    assert picture_rules(encoded(halves(600, 400), kind), f"images/a{ending}") == []
    narrow = encoded(halves(599, 400), kind)
    assert picture_rules(narrow) == [("picture-small", {"source": "", "width": "599", "limit": "600"}, False)]
    assert isinstance(prepare(ISSUE, f"a{ending}", narrow), PreparedPicture)


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {})]
)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.98])
def test_half_a_file_is_refused(kind: str, options: dict[str, Any], part: float) -> None:
    content = encoded(a_photo(), kind, **options)
    assert rules(content) == []
    assert rules(content[: int(len(content) * part)]) == ["picture-cut"]


@settings(max_examples=tries(20, proof=600))
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.binary(min_size=1, max_size=8), st.floats(0, 1))
def test_a_damaged_file_is_shown_or_refused_and_nothing_else_happens(
    kind: str, damage: bytes, where: float
) -> None:
    content = encoded(halves(60, 40), kind, exif=exif(ON_ITS_SIDE))
    at = int(where * len(content))
    damaged = content[:at] + damage + content[at + len(damage) :]
    errors = [rule for rule, _, is_error in picture_rules(damaged) if is_error]
    refusals: list[str] = []
    try:
        prepare(ISSUE, "", damaged)
    except PictureError as error:
        refusals.append(error.rule)
    assert refusals == errors


IMPORT_AND_LOOK = """
import sys
import broadsheet.content.pictures as pictures
assert "PIL" not in sys.modules
assert pictures.picture_rules(b"GIF89a")[0][0] == "picture-wrong-type"
"""


def test_pillow_is_loaded_by_the_first_picture_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_AND_LOOK], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("telling", "source"),
    [
        (a_jpeg_with_metadata, "images/a.jpg"),
        (a_png_with_metadata, "images/a.png"),
        (a_webp_with_metadata, "images/a.webp"),
    ],
)
def test_a_replacement_of_an_original_has_its_pixels_and_nothing_else(
    telling: Callable[[], bytes], source: str
) -> None:
    original = telling()

    left = stripped(source, original)

    assert PLACE in original
    assert [revealed for revealed in (PLACE, NAME, COMMENT, XMP) if revealed in left] == []
    with Image.open(BytesIO(left)) as picture, Image.open(BytesIO(original)) as before:
        assert picture.format == before.format
        assert picture.width == min(1440, before.width)
        assert (dict(picture.getexif()), picture.info.get("icc_profile")) == ({}, None)
    assert not any(is_error for _, _, is_error in picture_rules(left, source))
    assert stripped(source, left)


def _png_with(kind: bytes, data: bytes) -> bytes:
    plain = BytesIO()
    Image.new("RGB", (700, 300), (10, 200, 30)).save(plain, "PNG")
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return plain.getvalue()[:33] + chunk + plain.getvalue()[33:]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (b"zTXt", b"note\0\0" + zlib.compress(b"x" * 5_000_000)),
        (b"tEXt", b"note\0" + b"x" * 5_000_000),
        (b"iTXt", b"note\0\1\0\0\0" + zlib.compress(b"x" * 5_000_000)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"x" * 3_000_000),
        (b"iCCP", b"profile\0\0" + zlib.compress(b"x" * 5_000_000)),
        (b"pHYs", b"x"),
        (b"eXIf", b"no exif"),
    ],
)
def test_a_valid_picture_is_accepted_whatever_else_its_file_contains(kind: bytes, data: bytes) -> None:
    content = _png_with(kind, data)
    assert picture_rules(content, "images/a.png") == []
    assert prepare("2016-12-05", "images/a.png", content).files


@pytest.mark.parametrize(("kind", "source"), [("PNG", "a.png"), ("JPEG", "a.jpg")])
def test_a_picture_without_its_end_is_distinguished_from_a_damaged_one(kind: str, source: str) -> None:
    out = BytesIO()
    Image.effect_noise((700, 300), 50).convert("RGB").save(out, kind)
    rules = [rule for rule, _, _ in picture_rules(out.getvalue()[: len(out.getvalue()) // 2], source)]
    assert rules == ["picture-cut"]
    assert [rule for rule, _, _ in picture_rules(b"", source)] == ["picture-cut"]
    assert [rule for rule, _, _ in picture_rules(b"no picture at all", source)] == ["picture-unreadable"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"BM" + bytes(60), "BMP"),
        (bytes(4) + b"ftypavif" + bytes(60), "AVIF"),
        (b"<!doctype html><p>", "HTML"),
    ],
)
def test_a_file_of_another_type_is_reported_by_its_type(content: bytes, name: str) -> None:
    ((rule, values, _),) = picture_rules(content, "images/a.jpg")
    assert (rule, values["is"]) == ("picture-wrong-type", name)
