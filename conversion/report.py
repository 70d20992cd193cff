"""The report of a conversion as a text: every post and picture that is not as it was, by title.

It is for the person who converts, and never has a text or an email address of the export.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conversion.converting import Result
from conversion.facts import Facts, one_line, without_email_addresses
from conversion.post import LeftOut
from conversion.work_store import WorkStore

_LONGEST = 300


@dataclass(frozen=True)
class Losses:
    """What texts lost, and pictures that are missing: each with the place and title of its post."""

    missing: list[tuple[str, str, str]] = field(default_factory=list)  # post, address, why
    lost: list[tuple[str, str]] = field(default_factory=list)  # post, what


def losses(result: Result, store: WorkStore) -> Losses:
    """The losses of the posts that were converted."""
    found = Losses()
    by_mapping = {facts.id for facts in result.by_mapping}
    for facts in store.posts():
        text = None if facts.id in by_mapping else store.text(facts.id)
        if text:
            found.missing.extend((_named(facts), address, why) for address, why in text.missing)
            found.lost.extend((_named(facts), what) for what in text.lost)
    return found


def report(system: str, result: Result, store: WorkStore, found: Losses, errors: Sequence[str]) -> str:
    """The report; `errors` are lines about files that can't be published as they are."""
    sections: dict[str, Iterable[str]] = {
        "Errors: these texts can't be published as they are": errors,
        "Left as a person has changed or removed them": result.left,
        "Left from an earlier run: their posts are not in this export any more": result.stale,
        "Removed: an earlier run made them of posts that are elsewhere now": result.removed,
        "Old addresses that two posts have; the first page counts": (
            f"{old}: {first}, {second}" for old, first, second in result.conflicts
        ),
        "Old addresses that can't lead on": (f"{old}: {why}" for old, why in result.unusable),
        "Pictures that are missing or can't be shown": (
            f"{post}: {address} ({why})" for post, address, why in found.missing
        ),
        "What texts have lost": (f"{post}: {what}" for post, what in found.lost),
        "Titles that were too long, and are cut": map(_named, result.cut),
        "Posts without a title, named by their beginning": (facts.place for facts in result.untitled),
        "Left out by the mapping file": map(_named, result.by_mapping),
        "Left out": _left_out(store),
        "Issues": (f"{issue_id}: {became}" for issue_id, became in result.issues.items()),
    }
    head = f"Converted from {system}: {sum(result.posts.values())} posts, {len(result.issues)} issues.\n"
    shown = (_section(title, list(lines)) for title, lines in sections.items())
    return "\n".join([head, *filter(None, shown)])


def _left_out(store: WorkStore) -> Iterator[str]:
    for entry in store.left_out():
        named = _place_and_title(entry) or f"{entry.count:,}"
        yield f"{entry.reason}: {named}" + (f" ({entry.detail})" if entry.detail else "")


def _section(title: str, lines: list[str]) -> str:
    """The lines below their title; "" without any."""
    if not lines:
        return ""
    shown = [f"  {without_email_addresses(one_line(line))[:_LONGEST]}" for line in lines]
    return "\n".join([f"{title} ({len(shown)})", *shown, ""])


def _named(facts: Facts) -> str:
    return (
        f"{facts.place}, “{facts.title}”" if facts.title and facts.title not in facts.place else facts.place
    )


def _place_and_title(entry: LeftOut) -> str:
    is_named = entry.title and entry.title not in entry.place
    return f"{entry.place}, “{entry.title}”" if is_named else entry.place or entry.title


def counts_by_reason(store: WorkStore) -> dict[str, int]:
    """How many entries were left out for each reason."""
    counts: dict[str, int] = {}
    for entry in store.left_out():
        counts[entry.reason] = counts.get(entry.reason, 0) + entry.count
    return counts
