"""What was laid on the desk where nothing is read: told by one report, which says where each is to go.

`Issues/2016-12-05/en.md`, `2016-12-05/en.md`, `issues/en.md`, `issues/2016-12-05.md`: no event of theirs
concerns an issue, so nobody would ever look at them.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from broadsheet.characters import printable
from broadsheet.content.findings import Finding
from broadsheet.content.text_names import edition_of
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk_events import FOLDERS, OURS, PARTS_OF_A_KEY, may_be_meant
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.proofread import FOLDER, STRAYS_NAMED
from broadsheet.publishing.report import Fate, Report, report_html, report_mail
from broadsheet.publishing.reporting import MailReports

PAGE = "_desk.html"  # no issue is named so
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:-[a-z0-9-]{1,30}(?=/))?(?!\d)", re.ASCII)
_LIKE_OURS = re.compile(r"\W*(?:issues?|drafts?|\d{4}-\d{2}-\d{2}.*)\W*", re.IGNORECASE)
_OF_EDITORS = (
    ".md",
    ".doc",
    ".docx",
    ".odt",
    ".rtf",
    ".pages",
)  # beside the folders; no index.html, robots.txt
_NAME_ENDS = re.compile(r"[._-]")


@dataclass(frozen=True)
class DeskReport(Report):
    """A report on a file, or a folder, that lies elsewhere than any issue."""

    @property
    def file(self) -> str:
        """What was laid there first."""
        return printable(self.issue_id)


@dataclass(frozen=True)
class TellStrays:
    """The use case with its ports."""

    newsletter: Newsletter
    desk: Desk
    tell: MailReports

    def __call__(self, key: str) -> bool:
        """Report what lies where nothing is read, that key first; false if the key lies there no more.

        A second time it is reported again, to the editors, too.
        """
        names = self._names()
        if _shown_as(key) not in names:
            return False
        others = [name for name in names if _is_meant(name) and name != _shown_as(key)]
        found = tuple(self._findings([key, *others[: STRAYS_NAMED - 1]]))
        report = DeskReport(key, FOLDER, Fate.REFUSED, found)
        html = report_html(report, self.newsletter)
        self.desk.report(PAGE, html)
        self.tell(self.newsletter.editors, [report_mail(report, html, self.newsletter)], "report")
        return True

    def _names(self) -> list[str]:
        """What lies on the desk itself and directly in its folders; of folders with a slash at their end."""
        beside = [name for name in self.desk.names_beside("") if name.rstrip("/") not in (*FOLDERS, *OURS)]
        return beside + [f"{folder}/{name}" for folder in FOLDERS for name in self.desk.names_beside(folder)]

    def _findings(self, keys: list[str]) -> Iterator[Finding]:
        return (_elsewhere(key, self.newsletter) for key in keys)


def left_aside(keys: Iterable[str], texts: Collection[str], newsletter: Newsletter) -> Iterator[Finding]:
    """A warning for each of these keys that was probably meant as a text, where only `texts` are read.

    Drafts are read, though not by who builds a site; an issue's folder may hold other documents.
    """
    known = ", ".join(f"{edition}.md" for edition in newsletter.editions)
    folders = {text.rpartition("/")[0] for text in texts}
    for key in sorted(set(keys) - set(texts)):
        parts = key.split("/")
        if not may_be_meant(key) or not _is_near(key, newsletter):
            continue
        if "/".join(parts[:2]) in folders:
            name = "/".join(parts[2:])
            if not name.startswith("images/"):
                yield Finding(key, 1, "stray-file", {"name": printable(name)}, is_error=False)
        elif parts[0] == "issues" and len(parts) == PARTS_OF_A_KEY:
            name = printable(parts[2])[:80]
            yield Finding(key, 1, "text-not-named", {"name": name, "known": known}, is_error=False)
        elif parts[0] != "drafts" or len(parts) < PARTS_OF_A_KEY:
            yield replace(_elsewhere(key, newsletter), file=key, is_error=False)


def _is_near(key: str, newsletter: Newsletter) -> bool:
    """Whether the place or the name of what may be a text tells that it was to be an issue's."""
    top, slash, _ = key.partition("/")
    is_of_ours = top in FOLDERS or bool(_LIKE_OURS.fullmatch(top)) if slash else key.endswith(_OF_EDITORS)
    return is_of_ours or bool(better_place(key, newsletter))


def _elsewhere(key: str, newsletter: Newsletter) -> Finding:
    """That a file lies where nothing is read, and where it belongs."""
    known = ", ".join(f"{edition}.md" for edition in newsletter.editions)
    better, name = better_place(key, newsletter), printable(key)[:120]
    values = {"name": name, "better": better} if better else {"name": name, "known": known}
    return Finding(name, 1, "text-elsewhere" if better else "text-without-folder", values)


def better_place(key: str, newsletter: Newsletter) -> str:
    """Where the file was probably meant to lie; "" if its name tells no day or no edition."""
    day, stem = _DAY.search(key), edition_of(key.rpartition("/")[2])
    parts = _NAME_ENDS.split(stem)
    edition = next((each for each in (stem, parts[-1], parts[0]) if each in newsletter.editions), "")
    top = "drafts" if "draft" in key.partition("/")[0].casefold() else "issues"
    return f"{top}/{day[0]}/{edition}.md" if day and edition else ""


def _shown_as(key: str) -> str:
    """How `names_beside` shows a key: by what is nearest to the desk, or to one of its folders."""
    top, slash, rest = key.partition("/")
    if top not in FOLDERS:
        return top + slash
    name, slash, _ = rest.partition("/")
    return f"{top}/{name}{slash}"


def _is_meant(name: str) -> bool:
    """Whether it is to be named beside the one that was just laid: a text, or a folder like those we read."""
    top, slash, rest = name.partition("/")
    if top in FOLDERS:
        return may_be_meant(name)
    return bool(_LIKE_OURS.fullmatch(top)) if slash and not rest else may_be_meant(name)
