"""Files that were put on the desk where nothing is read: one report says where each belongs.

Without it, `Issues/2016-12-05/en.md`, `2016-12-05/en.md`, `issues/en.md` or `issues/2016-12-05.md` would be
ignored, since their events concern no issue.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from broadsheet.characters import printable
from broadsheet.content.findings import Finding
from broadsheet.content.text_names import edition_of
from broadsheet.newsletter import Newsletter
from broadsheet.publishing.desk_events import FOLDERS, OURS, PARTS_OF_A_KEY, looks_like_a_text
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.proofread import STRAYS_NAMED
from broadsheet.publishing.report import MISPLACED, FileOutcome, Report, write_report
from broadsheet.publishing.report_mailer import ReportMailer

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:-[a-z0-9-]{1,30}(?=/))?(?!\d)", re.ASCII)
_LIKE_OURS = re.compile(r"\W*(?:issues?|drafts?|\d{4}-\d{2}-\d{2}.*)\W*", re.IGNORECASE)
_OF_EDITORS = (".md", ".doc", ".docx", ".odt", ".rtf", ".pages")  # no index.html or robots.txt
_NAME_ENDS = re.compile(r"[._-]")


@dataclass(frozen=True)
class ReportMisplacedFiles:
    """The use case with its ports."""

    newsletter: Newsletter
    desk: Desk
    notify: ReportMailer

    def __call__(self, key: str) -> bool:
        """Report misplaced files, that key first; False if the key is not there any more.

        A second call reports and mails again.
        """
        names = self._names()
        if _shown_as(key) not in names:
            return False
        others = [name for name in names if _is_meant(name) and name != _shown_as(key)]
        keys = [key, *others[: STRAYS_NAMED - 1]]
        found = tuple(_misplaced(each, self.newsletter) for each in keys)
        report = Report(key, MISPLACED, FileOutcome.REFUSED, found)
        mail = write_report(report, self.desk, self.newsletter)
        self.notify(self.newsletter.editors, [mail], "report")
        return True

    def _names(self) -> list[str]:
        """The names directly on the desk and in its folders; names of folders end in a slash."""
        beside = [name for name in self.desk.names_beside("") if name.rstrip("/") not in (*FOLDERS, *OURS)]
        return beside + [f"{folder}/{name}" for folder in FOLDERS for name in self.desk.names_beside(folder)]


def unread_texts(keys: Iterable[str], texts: Collection[str], newsletter: Newsletter) -> Iterator[Finding]:
    """A warning for each of these keys that was probably meant as a text and is not among `texts`.

    Drafts are read, though not by a build; an issue's folder may hold other documents.
    """
    known = ", ".join(f"{edition}.md" for edition in newsletter.editions)
    folders = {text.rpartition("/")[0] for text in texts}
    for key in sorted(set(keys) - set(texts)):
        parts = key.split("/")
        if not looks_like_a_text(key) or not _is_near(key, newsletter):
            continue
        if "/".join(parts[:2]) in folders:
            name = "/".join(parts[2:])
            if not name.startswith("images/"):
                yield Finding(key, 1, "stray-file", {"name": printable(name)}, is_error=False)
        elif parts[0] == "issues" and len(parts) == PARTS_OF_A_KEY:
            name = printable(parts[2])[:80]
            yield Finding(key, 1, "text-not-named", {"name": name, "known": known}, is_error=False)
        elif parts[0] != "drafts" or len(parts) < PARTS_OF_A_KEY:
            yield replace(_misplaced(key, newsletter), file=key, is_error=False)


def _is_near(key: str, newsletter: Newsletter) -> bool:
    """Whether the folder or the name of a file suggests that it belongs to an issue."""
    top, slash, _ = key.partition("/")
    is_likely = top in FOLDERS or bool(_LIKE_OURS.fullmatch(top)) if slash else key.endswith(_OF_EDITORS)
    return is_likely or bool(better_place(key, newsletter))


def _misplaced(key: str, newsletter: Newsletter) -> Finding:
    """An error for a misplaced file that says where it belongs."""
    known = ", ".join(f"{edition}.md" for edition in newsletter.editions)
    better, name = better_place(key, newsletter), printable(key)[:120]
    if better:
        return Finding(name, 1, "text-elsewhere", {"name": name, "better": better})
    return Finding(name, 1, "text-without-folder", {"name": name, "known": known})


def better_place(key: str, newsletter: Newsletter) -> str:
    """Where the file probably belongs; "" if its name has no day or no edition."""
    day, stem = _DAY.search(key), edition_of(key.rpartition("/")[2])
    parts = _NAME_ENDS.split(stem)
    edition = next((each for each in (stem, parts[-1], parts[0]) if each in newsletter.editions), "")
    top = "drafts" if "draft" in key.partition("/")[0].casefold() else "issues"
    return f"{top}/{day[0]}/{edition}.md" if day and edition else ""


def _shown_as(key: str) -> str:
    """A key as `names_beside` lists it: the part directly on the desk or in one of its folders."""
    top, slash, rest = key.partition("/")
    if top not in FOLDERS:
        return top + slash
    name, slash, _ = rest.partition("/")
    return f"{top}/{name}{slash}"


def _is_meant(name: str) -> bool:
    """Whether to report it together with another file: a text, or a folder named like those we read."""
    top, slash, rest = name.partition("/")
    if top in FOLDERS:
        return looks_like_a_text(name)
    return bool(_LIKE_OURS.fullmatch(top)) if slash and not rest else looks_like_a_text(name)
