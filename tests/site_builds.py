"""A small desk, edits of it and of the site that is built of it, and builds, for tests of second builds."""

import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from click.testing import CliRunner

from cli.build_store import FOLDER, NAME
from cli.main import main
from tests.builders import NEWSLETTER_TOML
from tests.pictures import a_picture

HEAD = "---\ntitle: {}\nsummary: A summary.\n---\n"
DAYS = ("2015-12-28", "2016-12-05", "2016-12-12")
EDITIONS = ("en", "ru")
PICTURE = "![A bridge](images/bridge.png)\n\n"
TEXTS = {
    "words": HEAD.format("A title") + "Words. [A page](../2016-12-05/index.html)",
    "other words": HEAD.format("A title") + "Other words. [A page](/en/2015-12-28/security-1.html)",
    "title": HEAD.format("Another title") + "Words.",
    "commentary": HEAD.format("A title") + f"## security\n\n### One\n\n{PICTURE}First.\n",
    "error": HEAD.format("A title") + "## weather\n\n### One\n\nFirst.\n",
    "none": "",
}
Edit = tuple[str, ...]
PAGES = (f"en/{DAYS[0]}/index.html", f"en/{DAYS[1]}/security-1.html", "en/index.html", "404.html")


def edited(desk: Path, edit: Edit) -> None:
    match edit:
        case "text", day, edition, name:
            file = desk / f"issues/{day}/{edition}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(TEXTS[name])
            if not TEXTS[name]:
                file.unlink()
        case "picture", day, width:
            file = desk / f"issues/{day}/images/bridge.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(a_picture(int(width), 600))
        case "accent", colour:
            toml = re.sub(r'(?m)^accent = ".*"', f'accent = "{colour}"', NEWSLETTER_TOML)
            (desk / "newsletter.toml").write_text(toml)
        case "site", page, how if (file := desk.parent / "site" / page).parent.is_dir():
            place = file.with_name(f"x{file.name}") if how == "added" else file
            place.unlink(missing_ok=True)
            if how != "removed":
                place.write_text("by hand")


def a_desk(folder: Path) -> Path:
    desk = folder / "desk"
    edited(desk, ("picture", DAYS[1], "800"))
    edited(desk, ("accent", "#1f4e5f"))
    for day in DAYS:
        edited(desk, ("text", day, "en", "commentary" if day == DAYS[1] else "words"))
    return desk


def built(desk: Path, out: Path, *options: str) -> tuple[int, str, dict[str, bytes]]:
    """Exit code, output and site of a build: the one kept apart, if an issue would have been lost."""
    result = CliRunner().invoke(main, ["build", str(desk), str(out), *options])
    said = result.output.replace(str(out), "OUT")
    new = out.with_name(f"{out.name}.new")
    return result.exit_code, said, site_in(new if new.exists() else out)


def site_in(out: Path) -> dict[str, bytes]:
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def index_in(folder: Path) -> Path:
    return folder / FOLDER / "site" / NAME


def kept_in(folder: Path) -> str:
    """What the store has, once its checksum was compared."""
    digest, _, rest = index_in(folder).read_bytes().partition(b"\n")
    assert digest.decode() == sha256(rest).hexdigest()
    return rest.decode()


def forge(folder: Path, change: Callable[[str], str]) -> None:
    """Change what is kept, with a right checksum."""
    rest = change(kept_in(folder)).encode()
    index_in(folder).write_bytes(sha256(rest).hexdigest().encode() + b"\n" + rest)


def anew(desk: Path, folder: Path, *options: str) -> tuple[int, str, dict[str, bytes]]:
    """A build that knows of no other."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir()
    return built(desk, folder / "new/site", *options)
