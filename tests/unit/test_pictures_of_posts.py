"""Pictures of posts are found in the export and in a folder of uploads, by their addresses; nowhere else."""

import base64
import unicodedata
from pathlib import Path

import pytest

from conversion.pictures import MISSING, FoundPicture, Pictures
from tests.fakes.exports import FakeExport
from tests.pictures import a_picture

SITE = "https://old.example.org"
UPLOADS = f"{SITE}/wp-content/uploads"
PICTURE = a_picture(800, 600)
SMALLER = a_picture(300, 200)


def uploads(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def find(folder: Path | None, address: str, files: dict[str, bytes] | None = None) -> FoundPicture:
    pictures = Pictures(FakeExport([], files or {}), folder)
    found = pictures.find(address)
    if not found.problem:
        assert pictures.content(found.where) in (PICTURE, SMALLER)
    return found


def is_found(folder: Path, address: str, content: bytes = PICTURE) -> bool:
    pictures = Pictures(FakeExport([]), folder)
    found = pictures.find(address)
    return not found.problem and pictures.content(found.where) == content


@pytest.mark.parametrize(
    "address",
    [
        f"{UPLOADS}/2016/12/bridge.png",
        f"{UPLOADS}/2016/12/bridge.png?resize=300#a",
        "/wp-content/uploads/2016/12/bridge.png",
        "../../uploads/2016/12/bridge.png",
        f"https://i0.cdn.example/{UPLOADS.removeprefix('https://')}/2016/12/bridge.png?w=300",
        f"{SITE}/content/images/2016/12/bridge.png",
        f"{SITE}/content/images/size/w1000/2016/12/bridge.png",
        f"{UPLOADS}/2016/12/bridge-1024x768.png",
        f"{UPLOADS}/2016/12/bridge-scaled.png",
        f"{UPLOADS}/2016/12/Bridge.PNG",
    ],
)
def test_an_upload_is_found_by_the_end_of_its_address(tmp_path: Path, address: str) -> None:
    assert is_found(uploads(tmp_path, **{"2016/12/bridge.png": PICTURE}), address)


@pytest.mark.parametrize("above", ["", "uploads/", "wp-content/uploads/"])
def test_the_folder_may_be_one_above_the_uploads(tmp_path: Path, above: str) -> None:
    folder = uploads(tmp_path, **{f"{above}2016/12/bridge.png": PICTURE})
    assert is_found(folder, f"{UPLOADS}/2016/12/bridge.png")


def test_of_a_picture_and_its_smaller_copies_the_original_is_taken(tmp_path: Path) -> None:
    folder = uploads(tmp_path, **{"2016/12/a.png": PICTURE, "2016/12/a-300x200.png": SMALLER})
    assert is_found(folder, f"{UPLOADS}/2016/12/a-300x200.png")


def test_a_smaller_copy_is_taken_if_the_original_is_gone(tmp_path: Path) -> None:
    assert is_found(
        uploads(tmp_path, **{"2016/12/a-300x200.png": SMALLER}), f"{UPLOADS}/2016/12/a-300x200.png", SMALLER
    )


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_names_in_other_letters_are_compared_whatever_their_form(
    tmp_path: Path, form: str, on_disk: str
) -> None:
    name = unicodedata.normalize(on_disk, "Ёлка й №1.png")  # type: ignore[arg-type]
    address = f"{UPLOADS}/2016/12/{unicodedata.normalize(form, 'Ёлка й №1.png')}"  # type: ignore[arg-type]
    assert is_found(uploads(tmp_path, **{f"2016/12/{name}": PICTURE}), address)
    assert is_found(tmp_path, f"{UPLOADS}/2016/12/%D0%81%D0%BB%D0%BA%D0%B0%20%D0%B9%20%E2%84%961.png")


def test_another_picture_of_the_same_name_is_not_taken(tmp_path: Path) -> None:
    folder = uploads(tmp_path, **{"2015/11/logo.png": PICTURE, "logo.png": PICTURE})
    for address in (f"{UPLOADS}/2016/12/logo.png", "https://elsewhere.example/assets/logo.png"):
        assert find(folder, address).problem == MISSING


def test_a_name_that_no_other_picture_has_is_enough(tmp_path: Path) -> None:
    name = "0b1c2d3e-4f5a-6b7c-8d9e-0f1a2b3c4d5e_1024x768.png"
    inner = f"https%3A%2F%2Fbucket.example%2Fpublic%2Fimages%2F{name}"
    assert is_found(
        uploads(tmp_path, **{name: PICTURE}), f"https://cdn.example/image/fetch/w_1456,c_limit/{inner}"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/../outside/secret.png",
        "/%2e%2e/outside/secret.png",
        "..%2Foutside/secret.png",
        "/in/link.png",
        "/inside/secret.png",
    ],
)
def test_nothing_outside_the_folder_is_taken_not_even_through_a_link(tmp_path: Path, address: str) -> None:
    outside = uploads(tmp_path / "outside", **{"secret.png": PICTURE})
    folder = uploads(tmp_path / "images", **{"in/a.png": SMALLER})
    (folder / "in/link.png").symlink_to(outside / "secret.png")
    (folder / "inside").symlink_to(outside)
    assert find(folder, address).problem == MISSING


def test_the_exports_own_pictures_are_found_without_a_folder() -> None:
    address = f"{SITE}/a-300x200.png"
    assert find(None, address, {f"{SITE}/a.png": PICTURE}).path.startswith("images/a-")
    assert find(None, address, {address: PICTURE}).path.startswith("images/a-300x200-")


def test_a_picture_that_is_written_in_the_text_is_taken() -> None:
    address = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    assert find(None, address).path.startswith("images/picture-")
    assert find(None, "data:image/png;base64,x").problem
    assert (
        find(None, "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>").problem
        == "SVG is not shown"
    )


def test_the_ending_is_that_of_the_format_and_the_name_is_safe(tmp_path: Path) -> None:
    folder = uploads(tmp_path, **{"2016/12/My photo (1).jpg": PICTURE})
    path = find(folder, f"{UPLOADS}/2016/12/My%20photo%20(1).jpg").path
    assert path.startswith("images/my-photo-1-")
    assert path.endswith(".png")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"GIF89a" + bytes(20), "GIF is not shown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "SVG is not shown"),
        (b"", "damaged"),
        (PICTURE[:60], "damaged"),
        (b"words", "damaged"),
        (PICTURE + bytes(20_000_001), "more than 20 MB"),
        (a_picture(70_000, 1), "too many pixels"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_named_with_the_reason(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    folder = uploads(tmp_path, **{"2016/12/a.png": content})
    assert find(folder, f"{UPLOADS}/2016/12/a.png").problem == problem


@pytest.mark.parametrize("address", ["", "http://[", "https://a.example", "x" * 5_000, "\0", "/a\0.png"])
def test_what_is_no_address_of_a_picture_is_missing(tmp_path: Path, address: str) -> None:
    assert find(uploads(tmp_path, **{"a.png": PICTURE}), address).problem == MISSING
