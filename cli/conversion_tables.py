"""The tables of `broadsheet convert`: what an export has, and what became of it."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from broadsheet.content.findings import Finding
from broadsheet.newsletter import Newsletter
from cli.console import PrintableConsole
from cli.counting import counted
from conversion.converting import Result, placed_posts
from conversion.desk_writer import Written
from conversion.facts import Found
from conversion.gathering import gathered, pieces_of
from conversion.mapping import Mapping
from conversion.report import Losses, counts_by_reason
from conversion.work_store import WorkStore

MOST_FILES = 20  # with errors that are listed
_MOST_NAMES = 12  # of a kind that are listed


def show_found(
    console: PrintableConsole,
    system: str,
    store: WorkStore,
    found: Found,
    newsletter: Newsletter,
    mapping: Mapping | None,
) -> None:
    """What an export has; with a mapping, what it would become."""
    table = Table("", "posts", title=f"Found: an export of {system}", title_justify="left")
    _add(table, "posts that were public", sum(found.languages.values()))
    for kind, counts in (
        ("language", found.languages),
        ("category", found.categories),
        ("author", found.authors),
    ):
        named = counts.most_common(_MOST_NAMES)
        for name, count in named:
            _add(table, f"  {kind}: {name}", count)
        if len(counts) > len(named):
            _add(table, f"  … and {counted(len(counts) - len(named), 'other')} of this kind", "")
    for reason, count in counts_by_reason(store).items():
        _add(table, f"left out: {reason}", count)
    if mapping:
        placed, left_out = placed_posts(store.posts(), mapping)
        issues = gathered(pieces_of(placed.values(), newsletter), mapping.issues, newsletter)
        _add(table, "left out by the mapping file", len(left_out))
        by_edition = Counter(post.edition for post in placed.values())
        for edition in newsletter.editions:
            _add(table, f"would be in the edition {edition}", by_edition[edition])
        _add(table, "would become issues", len(issues))
    console.print(table)


def show_result(
    console: PrintableConsole, result: Result, store: WorkStore, lost: Losses, errors: Sequence[Finding]
) -> None:
    """What became of an export; files with errors by name."""
    table = Table("", "", title="Converted", title_justify="left")
    for edition, count in sorted(result.posts.items()):
        _add(table, f"posts in the edition {edition}", count)
    became = Counter(result.issues.values())
    for each in Written:
        if became[each]:
            _add(table, f"issues {each}", became[each])
    rows = (
        ("pictures", result.pictures),
        ("old addresses that lead to new pages", result.redirects),
        ("left out by the mapping file", len(result.by_mapping)),
        *((f"left out: {reason}", count) for reason, count in counts_by_reason(store).items()),
        ("pictures missing or not shown", len(lost.missing)),
        ("things that texts lost", len(lost.lost)),
        ("titles cut", len(result.cut)),
        ("old addresses of two posts", len(result.conflicts)),
        ("old addresses that can't lead on", len(result.unusable)),
        ("files left as a person changed them", len(result.left)),
        ("texts of an earlier run removed", len(result.removed)),
        ("texts of an earlier run left", len(result.stale)),
        ("errors in texts", len(errors)),
    )
    for what, number in rows:
        if number:
            _add(table, what, number)
    console.print(table)
    by_file = Counter(finding.file for finding in errors)
    for file, count in by_file.most_common(MOST_FILES):
        console.print(Text(f"{file}: {counted(count, 'error')}"))
    if len(by_file) > MOST_FILES:
        console.print(f"… and {counted(len(by_file) - MOST_FILES, 'other file')}.")


def _add(table: Table, what: str, number: int | str) -> None:
    shown = f"{number:,}" if isinstance(number, int) else number
    table.add_row(Text(what), Text(shown, justify="right"))
