"""docs/moving-in.md, command by command, on small exports of WordPress and of Ghost.

What needs a deployment is run by others, which are named here. Then old addresses are asked for one by one:
in the built site, and at the CDN's function with the redirects that would be deployed.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from infrastructure.build import ROOT
from infrastructure.redirect_store import imported, redirects_to_import
from local.edge import EdgeResponse, ViewerRequest, run_viewer_request
from tests.edge_function import deployed_code
from tests.exports import SECRET
from tests.fakes.exports import a_ghost_export, a_ghost_row
from tests.pictures import a_picture
from tests.wxr import author, comment, item, wxr

GUIDE = (ROOT / "docs/moving-in.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line]
OURS = [line for line in LINES if line.startswith(".venv/bin/broadsheet ") and " subscribers " not in line]
COPIES = [line for line in LINES if line.startswith("cp ")]
ELSEWHERE = {  # what runs these
    "make deploy": "tests/rehearsals/test_operators_guide.py",
    "aws s3 sync old-desk/issues s3://NAME/issues": "tests/rehearsals/test_moving_in.py",
    ".venv/bin/broadsheet subscribers import": "tests/rehearsals/test_operators_guide.py",
}
CODE = deployed_code(has_redirects=True)
HIDDEN = f"<p>{SECRET}</p>"
OLD = "https://old.example.org"
REFRESH = re.compile(r'http-equiv="refresh" content="0; ?url=([^"]+)"')
PICTURE = f'<img src="{OLD}/wp-content/uploads/2016/12/bridge-300x150.png" alt="The bridge">'


def wordpress(folder: Path) -> None:
    in_english, in_belarusian = ("language", "en", "English"), ("language", "be", "Беларуская")
    pair = ("post_translations", "pll_1", "pll_1")
    city, economy = ("category", "city", "City"), ("category", "economy", "Economy")
    parts = [
        author("w2", "A. Author", f"{SECRET}@example.org"),
        item(
            12,
            title="A bridge",
            body=f"<p>It opened.</p>{PICTURE}<h2>Why</h2><p>[contact-form-7 id='1']Because.</p>",
            terms=(city, in_english, pair),
            link=f"{OLD}/2016/12/05/a-bridge/",
        ),
        item(
            13,
            title="Мост",
            body="<p>Мост адкрыты.</p>",
            terms=(city, in_belarusian, pair),
            link=f"{OLD}/be/2016/12/05/%D0%BC%D0%BE%D1%81%D1%82/",
        ),
        item(
            14,
            title="A road",
            body=f'<p>It is closed, unlike <a href="{OLD}/2016/12/05/a-bridge/#why">the bridge</a>.</p>',
            terms=(economy, in_english),
            link=f"{OLD}/2016/12/07/a-road/",
            post_date="2016-12-07 10:00:00",
            post_date_gmt="2016-12-07 07:00:00",
        ),
        item(15, title="A draft", body=HIDDEN, status="draft"),
        item(16, title="Behind a password", body=HIDDEN, post_password=SECRET),
        item(17, title="Talked about", body="<p>It is.</p>", terms=(in_english,), extra=comment(SECRET)),
    ]
    (folder / "export.xml").write_text(wxr(*parts), encoding="utf-8")
    uploads = folder / "uploads" / "2016" / "12"
    uploads.mkdir(parents=True)
    (uploads / "bridge.png").write_bytes(a_picture(800, 600))


def ghost(folder: Path) -> None:
    picture = '<img src="__GHOST_URL__/content/images/2016/12/bridge.png" alt="The bridge">'
    rows = (
        a_ghost_row("1", title="A bridge", slug="a-bridge", html=f"<p>It opened.</p>{picture}"),
        a_ghost_row("2", title="A road", slug="a-road", published_at="2016-12-07T09:00:00.000Z"),
        a_ghost_row("3", title="For members", slug="members", visibility="members", html=HIDDEN),
        a_ghost_row("4", title="A draft", slug="draft", status="draft", html=HIDDEN),
    )
    a_ghost_export(folder / "export.json", *rows)
    uploads = folder / "uploads" / "2016" / "12"
    uploads.mkdir(parents=True)
    (uploads / "bridge.png").write_bytes(a_picture(800, 600))


@dataclass(frozen=True)
class Move:
    """A folder in which the guide was followed, and what each command answered."""

    folder: Path
    results: tuple[Result, ...]

    @cached_property
    def store(self) -> Mapping[str, str]:
        """What `make deploy` would give the CDN."""
        return imported(redirects_to_import(self.folder / "redirects.toml", ("en", "be", "ru")))

    def at_the_cdn(self, address: str) -> str:
        """Where the CDN sends a reader; "" if it does not."""
        path, _, query = address.partition("?")
        answer = run_viewer_request(CODE, ViewerRequest("GET", path, query), self.store)
        return dict(answer.headers)["location"] if isinstance(answer, EdgeResponse) else ""

    def in_files(self, address: str) -> str:
        """Where the page at an old address of the built site leads; "" if there is none."""
        site = (self.folder / "site").resolve()
        page = site / unquote(address.strip("/")) / "index.html"
        link = REFRESH.search(page.read_text(encoding="utf-8")) if page.is_file() else None
        return f"/{(page.parent / link[1]).resolve().relative_to(site)}" if link else ""

    def is_page(self, address: str) -> bool:
        """Whether there is a page at an address of the new site."""
        return bool(address) and (self.folder / "site" / self.file_of(address)).is_file()

    def file_of(self, address: str) -> str:
        return address.lstrip("/") + ("index.html" if address.endswith("/") else "")

    def words_at(self, address: str) -> str:
        """The page of the built site at a new address."""
        return (self.folder / "site" / self.file_of(address)).read_text(encoding="utf-8")


def decide(folder: Path, decisions: Mapping[str, str]) -> None:
    """What a person writes into the mapping file."""
    file = folder / "old-desk.mapping.toml"
    text = file.read_text(encoding="utf-8")
    for name, decision in decisions.items():
        text, count = re.subn(
            rf'^("?{re.escape(name)}"?) = "[^"]*"', rf'\1 = "{decision}"', text, flags=re.MULTILINE
        )
        assert count == 1, text
    file.write_text(text, encoding="utf-8")


def moved(folder: Path, monkeypatch: pytest.MonkeyPatch, decisions: Mapping[str, str]) -> Move:
    """Follow the guide in a folder with an export, as its lines stand."""
    shutil.copy(ROOT / "newsletter.toml", folder)
    export = next(folder.glob("export.*")).name
    monkeypatch.chdir(folder)
    results = []
    for line in [*OURS, *COPIES]:
        words = shlex.split(line.replace("export.xml", export).replace("/tmp/site", "site"))  # noqa: S108  # the guide's
        if words[0] == "cp":
            subprocess.run(words, check=True)
            continue
        results.append(CliRunner().invoke(main, words[1:]))
        if len(results) == 2:
            decide(folder, decisions)
    return Move(folder, tuple(results))


@pytest.fixture(scope="module")
def from_wordpress(tmp_path_factory: pytest.TempPathFactory) -> Move:
    folder = tmp_path_factory.mktemp("wordpress")
    wordpress(folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        return moved(folder, monkeypatch, {"City": "security", "A. Author": "A. Author"})


@pytest.fixture(scope="module")
def from_ghost(tmp_path_factory: pytest.TempPathFactory) -> Move:
    folder = tmp_path_factory.mktemp("ghost")
    ghost(folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        return moved(folder, monkeypatch, {"unknown": "en"})


def test_every_line_of_the_guide_is_run_here_or_elsewhere() -> None:
    others = [line for line in LINES if line not in (*OURS, *COPIES)]
    assert [line for line in others if not any(line.startswith(name) for name in ELSEWHERE)] == []
    assert all((ROOT / file).is_file() for file in ELSEWHERE.values())
    assert [line.split()[1] for line in OURS] == ["convert", "convert", "convert", "check", "build"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [("from_wordpress", [0, 1, 0, 0, 0]), ("from_ghost", [1, 1, 0, 0, 0])],  # its posts name no language
)
def test_every_step_ends_as_the_guide_says(
    name: str, codes: list[int], request: pytest.FixtureRequest
) -> None:
    move: Move = request.getfixturevalue(name)
    shown = [result.output for result in move.results]
    assert [result.exit_code for result in move.results] == codes, shown
    assert "Wrote old-desk.mapping.toml, and nothing else." in shown[1]
    assert (move.folder / "old-desk.report.txt").is_file()
    assert " 0 errors" in shown[3]


@pytest.mark.parametrize("name", ["from_wordpress", "from_ghost"])
def test_nothing_is_emailed_and_nothing_hidden_is_taken(name: str, request: pytest.FixtureRequest) -> None:
    move: Move = request.getfixturevalue(name)
    texts = [file.read_text(encoding="utf-8") for file in (move.folder / "old-desk").rglob("*.md")]
    assert texts
    assert all("\nmail: no\n" in text for text in texts)
    for place in ("old-desk", "site"):
        files = [file.read_bytes() for file in (move.folder / place).rglob("*") if file.is_file()]
        assert not [content for content in files if SECRET.encode() in content]
    assert SECRET not in (move.folder / "old-desk.report.txt").read_text(encoding="utf-8")
    assert not any(SECRET in result.output for result in move.results)


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("/2016/12/05/a-bridge/", "It opened."),
        ("/2016/12/05/a-bridge", "It opened."),
        ("/2016/12/05/a-bridge/page/2/", "It opened."),
        ("/?p=12", "It opened."),
        ("/be/2016/12/05/%D0%BC%D0%BE%D1%81%D1%82/", "Мост адкрыты."),
        ("/?p=13", "Мост адкрыты."),
        ("/2016/12/07/a-road/", "It is closed"),
        ("/2016/12/05/post-17/", "It is."),
        ("/category/city/", "It opened."),
        ("/category/city/page/3/", "It opened."),
        ("/feed/", "It opened."),
        ("/page/2/", "It opened."),
    ],
)
def test_an_old_address_of_wordpress_leads_to_its_text_in_one_hop(
    from_wordpress: Move, old: str, words: str
) -> None:
    new = from_wordpress.at_the_cdn(old)
    assert from_wordpress.at_the_cdn(new) == ""
    assert words in from_wordpress.words_at(new) or "A bridge" in from_wordpress.words_at(new)
    if "?" not in old and "/page/" not in old:
        assert from_wordpress.in_files(old) == f"/{from_wordpress.file_of(new)}"


@pytest.mark.parametrize(("old", "words"), [("/a-bridge/", "It opened."), ("/a-road", "A road")])
def test_an_old_address_of_ghost_leads_to_its_text_in_one_hop(from_ghost: Move, old: str, words: str) -> None:
    new = from_ghost.at_the_cdn(old)
    assert words in from_ghost.words_at(new)
    assert from_ghost.at_the_cdn(new) == ""
    assert from_ghost.in_files(old) == f"/{from_ghost.file_of(new)}"


@pytest.mark.parametrize(
    "old", ["/2016/12/05/post-15/", "/?p=15", "/?p=16", "/members/", "/draft/", "/author/w2/"]
)
def test_what_was_not_public_has_no_address(from_wordpress: Move, from_ghost: Move, old: str) -> None:
    for move in (from_wordpress, from_ghost):
        assert not move.is_page(move.at_the_cdn(old))
        assert move.in_files(old) == ""


def test_translations_are_editions_of_one_issue_with_pictures_and_confirmed_authors(
    from_wordpress: Move,
) -> None:
    english, belarusian = from_wordpress.at_the_cdn("/?p=12"), from_wordpress.at_the_cdn("/?p=13")
    assert belarusian == english.replace("/en/", "/be/")
    page = from_wordpress.words_at(english)
    assert "A. Author" in page
    assert 'alt="The bridge"' in page


def test_links_between_posts_lead_to_the_new_pages(from_wordpress: Move) -> None:
    road, bridge = (from_wordpress.at_the_cdn(old) for old in ("/?p=14", "/?p=12"))
    assert re.search(
        rf'<a href="(?:\.\./)*{bridge.lstrip("/")}">the bridge</a>', from_wordpress.words_at(road)
    )
    assert "a page of ours that does not exist" not in from_wordpress.results[3].output


def test_what_a_text_lost_is_in_the_report(from_wordpress: Move) -> None:
    assert "[contact-form-7" in (from_wordpress.folder / "old-desk.report.txt").read_text(encoding="utf-8")
