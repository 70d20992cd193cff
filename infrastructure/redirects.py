"""`redirects.toml`: which address of the old site leads to which page of this one.

Shape: UTF-8, one table.

    [redirects]
    "/2016/12/a-bridge" = "/en/2016-12-05/security-1.html"
    "/?p=12" = "/en/2016-12-05/security-1.html"

Old addresses are compared in the form of `old_addresses.py`. New ones are pages of this site in their final
form, so that a reader is redirected once.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from broadsheet.characters import printable
from broadsheet.content.findings import Finding
from broadsheet.language import FALLBACK
from broadsheet.newsletter_file import RESERVED
from broadsheet.site.responses import NOTICES
from broadsheet.toml_lines import lines_by_path
from broadsheet.toml_syntax import endless_key, syntax_mistake
from infrastructure.build import ROOT
from infrastructure.old_addresses import QUERY_NAMES, decoded_path, normalised

NAME = "redirects.toml"
REDIRECTS_FILE = ROOT / NAME  # of this checkout, beside its newsletter.toml
TABLE = "redirects"
MOST_FILE_BYTES = 32_000_000
MOST_OLD_BYTES = 512  # Source: CloudFront, "Quotas on key value stores"
MOST_SHOWN = 200
_FOLDERS = tuple(name for name in RESERVED if name not in ("id", "tone"))
_FILES = ("404.html", "favicon.ico", "openapi.json", "robots.txt", "sitemap.xml")
_FIXED_PAGES = {"", "index", "about", "privacy", *(name.removesuffix(".html") for name in NOTICES.values())}
_DAY = r"\d{4}-\d\d-\d\d[^/]*"
_EDITION, _SLUG = "[a-z0-9-]{1,16}", "[a-z0-9-]+"
_IN_AN_EDITION = re.compile(rf"feed\.(?:xml|json)|archive(?:/[^/]+)?|topics(?:/[^/]+){{0,2}}|{_DAY}(?:/.*)?")
_ISSUE = re.compile(rf"/[a-z]{{2,3}}/{_DAY}(?:/.*)?")  # the CDN takes these for pages of ours at once
_FOLDER_PAGE = re.compile(
    rf"/(?:{_EDITION}/(?:(?:\d{{4}}-\d\d-\d\d(?:-{_SLUG})?|archive|topics|topics/{_SLUG})/)?)?"
)
_NEVER_IN_LINKS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
_FILE_PAGE = re.compile(r"/(?:[A-Za-z0-9_-]+/)+[A-Za-z0-9_-]+(?:\.[A-Za-z0-9]+)+")


@dataclass(frozen=True)
class RedirectMistake:
    """What is wrong in a line of the file, why it matters, and how to mend it."""

    line: int
    what: str
    why: str
    mend: str

    def __str__(self) -> str:
        """The mistake on one line, as a terminal shows it."""
        return printable(f"{self.what} {self.why} {self.mend}")


class RedirectsFileError(click.ClickException):
    """`redirects.toml` can't be used; the message has all mistakes, each on a line. Nothing was changed."""

    exit_code = 2

    def __init__(self, name: str, mistakes: Collection[RedirectMistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        shown = [f"{name}:{each.line}: error: {each}" for each in self.mistakes[:MOST_SHOWN]]
        more = [f"… and {len(mistakes) - MOST_SHOWN} more."] if len(mistakes) > MOST_SHOWN else []
        super().__init__("\n".join([f"{printable(name)} can't be used as it is.", *shown, *more]))


def read_redirects(file: Path, editions: Collection[str] = ()) -> dict[str, str]:
    """The new address of each old one, which is in its normalised form.

    With the newsletter's `editions`, old addresses must not be those of pages of these, and new ones must be
    in one of them.

    Raises:
        RedirectsFileError: it can't be read, or has mistakes; after one of TOML itself nothing else is looked
            for.
    """
    text = _text(file)
    values = _table(file.name, text)
    mistakes = list(_mistakes(values, editions))
    if mistakes:
        lines = lines_by_path(text)
        raise RedirectsFileError(
            file.name,
            [RedirectMistake(lines.get(path, 1), *sentences) for path, sentences in mistakes],
        )
    return {normalised(old): new for old, new in values[TABLE].items()}


def written_redirects(pairs: Mapping[str, str]) -> str:
    """The text of a file with these redirects, sorted by the old address.

    Old addresses are written as they are given: as the old site had them, percent-encoded or not.
    """
    lines = (f"{_quoted(old)} = {_quoted(new)}" for old, new in sorted(pairs.items()))
    return "\n".join([f"[{TABLE}]", *lines, ""])


def old_address_problem(old: str, editions: Collection[str] = ()) -> tuple[str, str, str] | None:
    """What is wrong with an old address, why, and how to mend it; None if it can be redirected."""
    form = normalised(old)
    if not old.startswith("/") or old.startswith("//"):
        why = "Old addresses are paths of this site."
        return f"“{old}” is no path.", why, 'Write what follows the host, as in "/2016/12/a-bridge".'
    if _NEVER_IN_LINKS.search(form) or ("%" in old and decoded_path(old) == old):
        why = "It has a control character, a backslash or a broken percent sign, so no link leads there."
        return f"“{old}” is no address.", why, "Delete the line, or copy the address from a browser."
    if old.partition("#")[0].partition("?")[2] and "?" not in form:
        why = f"Of a query only these fields are looked at: {', '.join(QUERY_NAMES)}."
        return f"The query of “{old}” does not count.", why, "Delete the query, or the line."
    if len(form.encode()) > MOST_OLD_BYTES:
        why = f"The CDN looks up addresses of at most {MOST_OLD_BYTES} bytes."
        return f"“{old[:60]}…” is too long.", why, "Delete the line."
    if _is_ours(form, editions):
        why = "The site answers it with a page or file of its own, or has a folder for such files there."
        return f"“{old}” is an address of this site.", why, "Delete the line."
    return None


def new_address_problem(new: str, editions: Collection[str] = ()) -> tuple[str, str, str] | None:
    """What is wrong with a new address, why, and how to mend it; None if readers can be sent there."""
    if not (_FOLDER_PAGE.fullmatch(new) or _FILE_PAGE.fullmatch(new)):
        what = f"“{new}” is no page of this site."
        why = "Readers are only sent to pages of this site, by the address at which the page is."
        mend = 'Write it as in "/en/2016-12-05/" or "/en/2016-12-05/security-1.html".'
        return what, why, mend
    first = new.split("/")[1]
    if first in ("api", "drafts") or (editions and first and first not in (*editions, *_FOLDERS)):
        known = f"The editions are: {', '.join(editions)}." if editions else "It is no page for readers."
        return f"“{new}” is in no edition.", known, "Correct the address."
    return None


_Sentences = tuple[str, str, str]
_Mistakes = Iterator[tuple[tuple[str, ...], _Sentences]]  # each with the path of its key


def _mistakes(values: Mapping[str, Any], editions: Collection[str]) -> _Mistakes:
    for key in values:
        if key != TABLE:
            why = "What it says would have no effect."
            yield (key,), (f"There is no key “{key}”.", why, f"Write all addresses below [{TABLE}].")
    table = values.get(TABLE)
    if not isinstance(table, dict):
        yield (TABLE,), (f"[{TABLE}] is missing.", "Nothing is redirected.", f"Write [{TABLE}] on a line.")
        return
    texts = {old: new for old, new in table.items() if isinstance(new, str)}
    for old in table.keys() - texts.keys():
        mend = 'Write one in quotation marks, as in "/en/2016-12-05/".'
        yield (TABLE, old), (f"“{old}” has no new address.", "Its value is no text.", mend)
    for old, new in texts.items():
        for problem in (old_address_problem(old, editions), new_address_problem(new, editions)):
            if problem:
                yield (TABLE, old), problem
    for old, sentences in _contradictions(texts):
        yield (TABLE, old), sentences


def _contradictions(pairs: Mapping[str, str]) -> Iterator[tuple[str, _Sentences]]:
    """Old addresses that lead to two pages, and new ones that would be redirected again."""
    first: dict[str, str] = {}
    for old, new in pairs.items():
        other = first.setdefault(normalised(old), old)
        if pairs[other] != new:
            why = f"“{other}” means the same address and leads elsewhere."
            yield old, (f"“{old}” is there twice.", why, "Delete one of the two.")
    for old, new in pairs.items():
        if again := first.get(normalised(new)):
            why = f"“{again}” is an old address itself, and a reader is redirected only once."
            yield old, (f"“{new}” is redirected, too.", why, "Write the last address of the chain.")


def _is_ours(form: str, editions: Collection[str]) -> bool:
    path = form.partition("?")[0]
    names = path[1:].split("/")
    if path == "/":
        return form == "/"
    if names[0] in _FOLDERS or names[0].startswith("_") or path[1:] in _FILES or _ISSUE.fullmatch(path):
        return True
    rest = "/".join(names[1:])
    is_page = rest.removesuffix(".html") in _FIXED_PAGES or _IN_AN_EDITION.fullmatch(rest)
    return names[0] in editions and bool(is_page)


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        what = f"The file can't be read: {error.strerror}."
        raise RedirectsFileError(
            file.name, [RedirectMistake(1, what, "Nothing is redirected without it.", "Look at its rights.")]
        ) from error
    if len(content) > MOST_FILE_BYTES:
        what = f"The file is larger than {MOST_FILE_BYTES // 1_000_000} MB."
        raise RedirectsFileError(
            file.name, [RedirectMistake(1, what, "No CDN keeps so much.", "Shorten it.")]
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _syntax_error(file.name, line, "newsletter-encoding", {}) from None


def _table(name: str, text: str) -> dict[str, Any]:
    if found := endless_key(text):
        raise _syntax_error(name, found.line, found.rule, found.values)
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or Python's own for a number of thousands of digits
        found = syntax_mistake(text, str(error))
        raise _syntax_error(name, found.line, found.rule, found.values) from None
    except RecursionError:
        raise _syntax_error(name, 1, "newsletter-toml", {}) from None


def _syntax_error(name: str, line: int, rule: str, values: dict[str, str]) -> RedirectsFileError:
    text = Finding(name, line, rule, values).text(FALLBACK)
    return RedirectsFileError(name, [RedirectMistake(line, text.what, text.why, text.mend)])


def _quoted(text: str) -> str:
    """The text as a basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'
