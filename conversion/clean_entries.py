"""The entries of an export without what no file of ours may have: control characters, impossible days."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from broadsheet.characters import without_control_in
from broadsheet.content.front_matter_values import YEARS
from conversion.post import ExportReader, LeftOut, Post, Reason

_KEPT = ("reason", "count", "published", "body_format")


def clean_entries(reader: ExportReader) -> Iterator[Post | LeftOut]:
    """The entries in their order; lone surrogates and other control characters are removed from all texts.

    A post of a year that no issue can have is left out.
    """
    for entry in reader.entries():
        clean = _clean(entry)
        if isinstance(clean, Post) and clean.published.year not in YEARS:
            detail = f"the year {clean.published.year}"
            yield LeftOut(clean.place, clean.title, Reason.NO_DATE, detail)
        else:
            yield clean


def _clean(entry: Post | LeftOut) -> Post | LeftOut:
    changed: dict[str, Any] = {}
    for name in (each.name for each in fields(entry) if each.name not in _KEPT):
        before = getattr(entry, name)
        after = without_control_in(before)
        after = tuple(after) if isinstance(before, tuple) else after
        if after != before:
            changed[name] = after
    return replace(entry, **changed) if changed else entry
