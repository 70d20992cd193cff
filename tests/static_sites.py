"""Builds small sites of other programs, as newsrooms have them, for tests of moving in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

from conversion.folder_site import FolderSite
from conversion.post import LeftOut, Post

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 12, 1, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n not looked at"


def a_site(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder with these files in it; texts are dedented."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode())
    return folder


def a_text(body: str = "The bridge was opened.", /, **head: str) -> str:
    """A text with a head in YAML."""
    lines = "".join(f"{key}: {value}\n" for key, value in ({"title": "A bridge"} | head).items() if value)
    return f"---\n{lines}---\n{body}\n"


def site_of(folder: Path) -> FolderSite:
    """The reader of a folder."""
    return FolderSite(folder, WARSAW, NOW)


def posts_of(folder: Path) -> dict[str, Post]:
    """The posts of a site by their ids; fails if anything was left out."""
    entries = list(site_of(folder).entries())
    left_out = [entry for entry in entries if isinstance(entry, LeftOut)]
    assert not left_out, left_out
    return {entry.id: entry for entry in entries if isinstance(entry, Post)}


def the_post(folder: Path) -> Post:
    """The only post of a site."""
    (post,) = posts_of(folder).values()
    return post


def left_out_of(folder: Path) -> dict[str, LeftOut]:
    """What is left out of a site, by its place."""
    return {entry.place: entry for entry in site_of(folder).entries() if isinstance(entry, LeftOut)}
