"""What an archive may do to its reader: nothing, whoever made it."""

import io
import os
import stat
import struct
import tracemalloc
import zlib
from collections import deque
from functools import partial
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from conversion.export_files import SafeFolder, files_of, folder_of
from conversion.post import LeftOut, Reason, UnreadableExportError
from conversion.safe_zip import DamagedFileError, SafeZip
from tests.exports import a_folder, a_zip

MEGABYTE = 1_000_000


def refused(archive: SafeZip | SafeFolder) -> dict[str, str]:
    return {entry.place: entry.detail for entry in archive.refused}


def test_the_files_of_an_archive_are_read(tmp_path: Path) -> None:
    archive = SafeZip(a_zip(tmp_path / "a.zip", {"posts.csv": "a,b\n", "posts/1.html": "<p>One</p>"}))
    assert archive.names == ("posts.csv", "posts/1.html")
    assert archive.read("posts/1.html", 100) == b"<p>One</p>"
    assert archive.opened("posts.csv").read() == b"a,b\n"
    assert archive.refused == ()


@pytest.mark.parametrize(
    "name",
    [
        *("../posts.csv", "posts/../../posts.csv", "/etc/passwd", "//host/share/a", "posts\\1.html"),
        *("..\\..\\a", "C:/a.html", "c:a.html", ".."),
    ],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    archive = SafeZip(a_zip(tmp_path / "a.zip", {name: "x", "posts.csv": "y"}))
    assert archive.names == ("posts.csv",)
    assert refused(archive) == {name: "Its name leads out of the archive."}


def test_a_name_with_a_null_byte_is_refused(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"posts.csvXa.html": "x"})
    path.write_bytes(path.read_bytes().replace(b"csvXa", b"csv\0a"))
    archive = SafeZip(path)
    assert archive.names == ()
    assert refused(archive) == {"posts.csv?a.html": "Its name leads out of the archive."}


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as archive:
        for name, kind in (("posts/1.html", stat.S_IFLNK), ("posts/2.html", stat.S_IFIFO)):
            member = ZipInfo(name)
            member.external_attr = (kind | 0o777) << 16
            archive.writestr(member, "/etc/passwd")
    archive_read = SafeZip(path)
    assert archive_read.names == ()
    assert refused(archive_read) == {
        "posts/1.html": "It is a link to another file.",
        "posts/2.html": "It is no file.",
    }


def test_two_files_of_one_name_are_both_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("posts.csv", "first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("posts.csv", "second")
    archive_read = SafeZip(path)
    assert archive_read.names == ()
    assert refused(archive_read) == {"posts.csv": "The archive has two files of this name."}


def test_an_encrypted_file_is_refused_with_advice(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"posts.csv": "x"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    assert "its password" in refused(SafeZip(path))["posts.csv"]


def test_unusual_compression_and_archives_within_are_refused_with_advice(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"inner.zip": b"PK"})
    with ZipFile(path, "a", ZIP_BZIP2) as archive:
        archive.writestr("a.html", "x")
    found = refused(SafeZip(path))
    assert "unpack it and give it alone" in found["inner.zip"]
    assert "unusual" in found["a.html"]


def test_what_systems_add_is_no_file_of_the_export(tmp_path: Path) -> None:
    files = {"__MACOSX/._posts.csv": "x", "a/.DS_Store": "x", "Thumbs.db": "x", "a/posts.csv": "x"}
    archive = SafeZip(a_zip(tmp_path / "a.zip", files))
    assert (archive.names, archive.refused) == (("a/posts.csv",), ())


@pytest.mark.parametrize("encoding", ["cp866", "utf-8"])
def test_cyrillic_names_without_their_flag_are_read(tmp_path: Path, encoding: str) -> None:
    path = a_zip(tmp_path / "a.zip", {"posts/1.abcdefgh.html": "x"})
    name = "пошта.хт".encode(encoding)
    name = name + b"_" * (8 - len(name)) if len(name) < 8 else name
    replaced = path.read_bytes().replace(b"abcdefgh", name)
    if len(name) != 8:
        path.unlink()
        placeholder = "a" * len(name)
        a_zip(path, {f"posts/1.{placeholder}.html": "x"})
        replaced = path.read_bytes().replace(placeholder.encode(), name)
    path.write_bytes(replaced)
    assert SafeZip(path).names == ("posts/1.пошта.хт.html",)


def test_western_names_without_their_flag_are_read(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"caf_.html": "x"})
    path.write_bytes(path.read_bytes().replace(b"caf_", "café".encode("cp437")))
    assert SafeZip(path).names == ("café.html",)


def test_a_file_that_promises_little_and_unpacks_to_much_stops(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"a.html": b"\0" * (64 * MEGABYTE)})
    archive = SafeZip(path)
    tracemalloc.start()
    try:
        with archive.opened("a.html") as file, pytest.raises(DamagedFileError, match="200 times"):
            deque(iter(partial(file.read, 1 << 16), b""), maxlen=0)
        assert tracemalloc.get_traced_memory()[1] < 2 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert isinstance(archive.read("a.html", 100 * MEGABYTE), LeftOut)


def test_ten_promised_gigabytes_are_not_unpacked(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"a.html": "<p>Little</p>"})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<L", 0xFFFFFFF0)
    path.write_bytes(content)
    answer = SafeZip(path).read("a.html", MEGABYTE)
    assert answer == LeftOut("a.html", "", Reason.UNREADABLE, "It is larger than 1 MB.")


def test_a_file_larger_than_it_promises_is_named(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"a.html": "x" * 5000})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<L", 50)
    path.write_bytes(content)
    answer = SafeZip(path).read("a.html", 1000)
    assert answer == LeftOut("a.html", "", Reason.UNREADABLE, "It is damaged.")


def test_files_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """As in quoted bombs: each header lies in the content of the file before."""
    kernel = zlib.compress(b"\0" * 100_000, 9, -15)
    inner = _local(b"2.html", kernel, b"\0" * 100_000) + kernel
    outer = _local(b"1.html", inner, inner, method=ZIP_STORED)
    body = outer + inner
    directory = _central(b"1.html", inner, inner, 0, ZIP_STORED)
    directory += _central(b"2.html", kernel, b"\0" * 100_000, len(outer), ZIP_DEFLATED)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(directory), len(body), 0)
    path = tmp_path / "a.zip"
    path.write_bytes(body + directory + end)
    with pytest.raises(UnreadableExportError, match="lie upon each other"):
        SafeZip(path)


def _local(name: bytes, packed: bytes, content: bytes, method: int = ZIP_DEFLATED) -> bytes:
    sizes = (zlib.crc32(content), len(packed), len(content), len(name), 0)
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, method, 0, 0, *sizes) + name


def _central(name: bytes, packed: bytes, content: bytes, offset: int, method: int) -> bytes:
    sizes = (zlib.crc32(content), len(packed), len(content), len(name), 0, 0, 0, 0, 0)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, method, 0, 0, *sizes, offset) + name


def test_more_than_65_536_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as archive:
        for n in range(65_540):
            archive.writestr(ZipInfo(f"posts/{n}.html"), "")
    assert len(SafeZip(path).names) == 65_540
    path.write_bytes(b"a program that unpacks" + path.read_bytes())
    assert len(SafeZip(path).names) == 65_540


def test_an_endless_list_in_64_bits_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"a.html": "x"})
    content = path.read_bytes()
    at = content.rindex(b"PK\5\6")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 100 * MEGABYTE, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    end = bytearray(content[at:])
    end[12:16] = b"\xff" * 4
    path.write_bytes(content[:at] + record + locator + end)
    with pytest.raises(UnreadableExportError, match="more than 200,000 files"):
        SafeZip(path)


def test_an_endless_list_of_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"a.html": "x"})
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\5\6")
    content[at + 12 : at + 16] = struct.pack("<L", 100 * MEGABYTE)
    path.write_bytes(content)
    with pytest.raises(UnreadableExportError, match="more than 200,000 files"):
        SafeZip(path)


@pytest.mark.parametrize("kept", [0, 10, 50, 90, 99])
def test_a_truncated_archive_is_named(tmp_path: Path, kept: int) -> None:
    path = a_zip(tmp_path / "export.zip", {"a.html": os.urandom(3000), "b.html": "x"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * kept // 100])
    with pytest.raises(UnreadableExportError, match=r"export\.zip is not a whole zip archive"):
        SafeZip(path)


def test_a_damaged_file_in_a_whole_archive_is_named_alone(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", {"a.html": os.urandom(3000), "b.html": "fine"})
    content = bytearray(path.read_bytes())
    content[500:510] = b"\xff" * 10
    path.write_bytes(content)
    archive = SafeZip(path)
    assert archive.read("a.html", 9000) == LeftOut("a.html", "", Reason.UNREADABLE, "It is damaged.")
    assert archive.read("b.html", 9000) == b"fine"


def test_an_unpacked_export_is_read_as_its_archive_is(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "export", {"posts/1.html": "<p>One</p>", "posts.csv": "a"})
    (folder / "posts/2.html").symlink_to("/etc/passwd")
    (folder / "more").symlink_to("/etc")
    files = files_of(folder)
    assert isinstance(files, SafeFolder)
    assert sorted(files.names) == ["posts.csv", "posts/1.html"]
    assert refused(files) == dict.fromkeys(("more", "posts/2.html"), "It is a link to another file.")
    assert files.read("posts/1.html", 100) == b"<p>One</p>"
    assert isinstance(files.read("posts/1.html", 5), LeftOut)
    assert files_of(a_folder(tmp_path, {"a.txt": "text"}) / "a.txt") is None


def test_a_folder_is_read_without_what_systems_add_and_whatever_its_names_are(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "export", {".git/config": "x", "a.html": "x", "__MACOSX/a.html": "x"})
    (folder / os.fsdecode(b"caf\xe9.html")).write_text("y")
    files = SafeFolder(folder)
    assert sorted(files.names) == ["a.html", "caf\ufffd.html"]
    assert files.read("caf\ufffd.html", 10) == b"y"
    (folder / "a.html").unlink()
    with pytest.raises(DamagedFileError, match="No such file"):
        files.opened("a.html")
    assert files.read("a.html", 10) == LeftOut("a.html", "", Reason.UNREADABLE, "It cannot be read.")


def test_an_export_within_a_folder_is_found_and_two_are_not_mixed() -> None:
    assert folder_of(["posts.csv", "posts/1.html"], "posts.csv") == ""
    assert folder_of(["export-2026/posts.csv", "export-2026/old/posts.csv"], "posts.csv") == "export-2026/"
    assert folder_of(["myposts.csv"], "posts.csv") is None
    with pytest.raises(UnreadableExportError, match=r"a/posts\.csv and b/posts\.csv"):
        folder_of(["b/posts.csv", "a/posts.csv"], "posts.csv")


def test_any_bytes_are_an_archive_or_are_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        archive.writestr("posts.csv", "a,b\n" * 50)
        archive.writestr("posts/1.html", "<p>One</p>")
    content = whole.getvalue()
    path = tmp_path / "a.zip"
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 0x55
        path.write_bytes(changed)
        try:
            found = SafeZip(path)
        except UnreadableExportError:
            continue
        for name in found.names:
            assert isinstance(found.read(name, 10_000), bytes | LeftOut)
