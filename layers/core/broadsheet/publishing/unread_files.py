"""Findings about files that are not read: each is named with the place where it belongs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from broadsheet.characters import printable
from broadsheet.content.findings import Finding
from broadsheet.content.right_place import EXAMPLE_DAY, FOLDERS, RightPlace, folder_of, right_place, top_of
from broadsheet.content.text_names import PICTURES, is_like_a_text, issue_day, settings_rule
from broadsheet.newsletter import Newsletter

NAMED_ALONE = 20  # the others share a finding
NAMED_TOGETHER = 100
OURS = ("reports", "revisions")
LONGEST_NAME = 120
NO_LINE = 0  # of a finding about a file's place
_OR = " / "
_OF_EDITORS = (".md", ".doc", ".docx", ".odt", ".rtf", ".pages")  # no index.html or robots.txt


def files_beside(
    folder: str, names: Iterable[str], editions: Collection[str], newsletter: Newsletter, *, is_error: bool
) -> list[Finding]:
    """Findings about files in an issue's folder that are neither texts nor pictures.

    `editions` are those whose text is there. Files that were meant as texts come first.
    """
    found = [_beside(folder, name, editions, newsletter, is_error=is_error) for name in names]
    found.sort(key=lambda finding: (finding.rule in ("stray-file", "text-not-named"), finding.file))
    if len(found) <= NAMED_ALONE:
        return found
    rest = replace(_together(folder, found[NAMED_ALONE:]), is_error=is_error)
    return [*found[:NAMED_ALONE], rest]


def unknown_editions(
    folder: str, names: Sequence[str], editions: Collection[str], newsletter: Newsletter
) -> list[Finding]:
    """Errors for texts that belong to no edition of the newsletter."""
    found = [_unknown(folder, name, editions, newsletter) for name in names]
    return (
        found if len(found) <= NAMED_ALONE else [*found[:NAMED_ALONE], _together(folder, found[NAMED_ALONE:])]
    )


def read_as(folder: str, name: str, edition: str) -> Finding:
    """A warning for a text that was read although its name is not the plain one."""
    better = f"{folder}/{edition}.md"
    return Finding(
        f"{folder}/{name}",
        NO_LINE,
        "text-other-name",
        {"name": _shown(name), "better": better},
        is_error=False,
    )


def misplaced_file(key: str, newsletter: Newsletter) -> Finding:
    """An error for a file, or a folder (ending in a slash), outside the folders that are read."""
    top, name = key.partition("/")[0], _shown(key)
    if rule := settings_rule(key):
        return _error(key, rule, name=name)
    if top in OURS:
        return _error(key, "file-of-ours", name=name, folder=top, better=f"issues/{EXAMPLE_DAY}/")
    if key.endswith("/"):
        example = f"{top_of(key)}/{EXAMPLE_DAY}" if "/" in key[:-1] else top_of(key)
        folder = folder_of(key, newsletter) or example
        return _error(key, "folder-elsewhere", name=name, better=f"{folder}/")
    place = right_place(key, newsletter)
    return _at(key, name, place) or _error(key, "file-not-read", name=name)


def text_meant(finding: Finding) -> str:
    """The key of the text that a file was plainly meant to be; "" if that is in doubt."""
    better = finding.values.get("better", "")
    return better if better.endswith(".md") and _OR not in better else ""


def unread_texts(keys: Iterable[str], texts: Collection[str], newsletter: Newsletter) -> Iterator[Finding]:
    """A warning for each of these keys that was probably meant as a text and is not among `texts`.

    Drafts are read, though not by a build; an issue's folder may hold other documents.
    """
    editions_in: dict[str, list[str]] = {}
    for text in texts:
        editions_in.setdefault(text.rpartition("/")[0], []).append(text.rpartition("/")[2].partition(".")[0])
    for key in sorted(set(keys) - set(texts)):
        top, _, rest = key.partition("/")
        folder, _, name = rest.partition("/")
        if top in OURS or not is_like_a_text(key):
            continue
        if top in FOLDERS and name and issue_day(folder):
            beside = editions_in.get(f"{top}/{folder}", ())
            if top == "issues" and not name.startswith(PICTURES):
                yield replace(_beside(f"{top}/{folder}", name, beside, newsletter, is_error=False), file=key)
        elif right_place(key, newsletter).names and _is_near(key, newsletter):
            yield replace(misplaced_file(key, newsletter), file=key, is_error=False)


def _is_near(key: str, newsletter: Newsletter) -> bool:
    """Whether the folder or the name of a file suggests that it belongs to an issue."""
    place, top = right_place(key, newsletter), key.partition("/")[0].casefold()
    is_near = bool(place.folder) or "issue" in top or "draft" in top
    return is_near or ("/" not in key and (len(place.names) == 1 or key.casefold().endswith(_OF_EDITORS)))


def _beside(
    folder: str, name: str, editions: Collection[str], newsletter: Newsletter, *, is_error: bool
) -> Finding:
    key, shown = f"{folder}/{name}", _shown(name)
    place = right_place(key, newsletter)
    read = next((each for each in editions if place.names == (f"{each}.md",)), "")
    if rule := settings_rule(name):
        finding = _error(key, rule, name=shown)
    elif name.startswith(PICTURES) and not place.names:
        finding = _error(key, "picture-not-shown", name=shown)
    elif read and not place.is_document:
        finding = _error(key, "text-twice-here", name=shown, better=f"{read}.md")
    else:
        finding = _at(key, shown, place) or _error(key, "stray-file", name=shown)
    return replace(finding, is_error=is_error)


def _unknown(folder: str, name: str, editions: Collection[str], newsletter: Newsletter) -> Finding:
    found = _beside(folder, name, editions, newsletter, is_error=True)
    if found.rule != "text-not-named":
        return found
    values = {"edition": _shown(name.removesuffix(".md")), "known": ", ".join(newsletter.editions)}
    return replace(found, rule="edition-unknown", values={**found.values, **values})


def _at(key: str, name: str, place: RightPlace) -> Finding | None:
    """An error for a text or a picture; None for any other file."""
    if not place.keys:
        return None
    better = _OR.join(place.keys)
    if place.is_document:
        rule = "document-elsewhere" if place.folder else "document-without-folder"
        return _error(key, rule, name=name, better=better)
    if not place.folder:
        return _error(key, "text-without-folder", name=name, better=better)
    return _error(
        key, "file-elsewhere" if len(place.keys) == 1 else "text-not-named", name=name, better=better
    )


def _together(folder: str, found: list[Finding]) -> Finding:
    names = ", ".join(finding.values["name"] for finding in found[:NAMED_TOGETHER])
    return _error(f"{folder}/", "stray-files", count=str(len(found)), names=names)


def _error(key: str, rule: str, **values: str) -> Finding:
    return Finding(printable(key), NO_LINE, rule, values)


def _shown(name: str) -> str:
    return printable(name)[:LONGEST_NAME]
