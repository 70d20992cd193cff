"""An export is opened by what is in it; what is none is refused with what to do."""

from datetime import UTC
from pathlib import Path

import pytest

from conversion.exports import opened
from conversion.post import UnreadableExportError
from tests.exports import a_folder, a_zip

SUBSTACK = {"posts.csv": "post_id,post_date,is_published,type,audience,title\n"}
GHOST = {"export.json": '{"db": [{"meta": {}, "data": {"posts": [{"id": "1", "status": "draft"}]}}]}'}
MAILCHIMP = {"campaigns.csv": "Title,Subject,Send Date\n", "campaigns_content/1_a.html": "<p>A</p>"}
BUTTONDOWN = {"emails.csv": "id,subject,publish_date,slug\n", "emails/a.md": "A"}
SYSTEMS = {"Substack": SUBSTACK, "Ghost": GHOST, "Mailchimp": MAILCHIMP, "Buttondown": BUTTONDOWN}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_system_is_found_in_an_archive_of_any_name_and_in_a_folder(tmp_path: Path, system: str) -> None:
    files = SYSTEMS[system]
    assert opened(a_zip(tmp_path / "backup (1).download", files), UTC).system == system
    assert opened(a_zip(tmp_path / "wrapped.zip", files, prefix="my export/"), UTC).system == system
    assert opened(a_folder(tmp_path / "unpacked", files), UTC).system == system


def test_what_is_no_export_is_refused_with_what_is_accepted(tmp_path: Path) -> None:
    strangers = a_zip(tmp_path / "a.zip", {"holiday.txt": "x", "/etc/posts.csv": "post_id\n"})
    with pytest.raises(UnreadableExportError) as told:
        opened(strangers, UTC)
    words = str(told.value)
    assert words.startswith("a.zip is no export that can be converted.")
    assert "/etc/posts.csv: Its name leads out of the archive." in words
    for system in ("WordPress", "Substack", "Ghost", "Mailchimp", "Buttondown", "Hugo, Jekyll, Pelican"):
        assert f"\n  {system}  " in words


@pytest.mark.parametrize("content", [b"", b"email\nann@example.org\n", b"\x1f\x8b\x08", b"\0" * 1000])
def test_any_file_is_answered(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "readers.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableExportError, match="no export that can be converted"):
        opened(path, UTC)


def test_a_damaged_archive_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = a_zip(tmp_path / "a.zip", SUBSTACK)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UnreadableExportError, match="not a whole zip archive"):
        opened(path, UTC)
    with pytest.raises(UnreadableExportError, match="There is no"):
        opened(tmp_path / "none.zip", UTC)
    with pytest.raises(UnreadableExportError, match="no export"):
        opened(a_folder(tmp_path / "empty", {}), UTC)


def test_two_exports_in_one_archive_are_named(tmp_path: Path) -> None:
    for number, files in enumerate(SYSTEMS.values()):
        both = {f"{folder}/{name}": content for folder in ("a", "b") for name, content in files.items()}
        with pytest.raises(UnreadableExportError, match=r"several exports.*a/.*b/"):
            opened(a_zip(tmp_path / f"{number}.zip", both), UTC)
