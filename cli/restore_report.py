"""The report of `broadsheet restore`: counts and what they mean, without any name."""

from collections import Counter
from collections.abc import Callable, Mapping

from rich.table import Table as Grid

from broadsheet.restore.entries import RESTORED
from broadsheet.restore.people import TOMBSTONES_REACH
from broadsheet.restore.ports import Verdict
from cli.console import PrintableConsole
from cli.restore_steps import ABOUT_PEOPLE, WORDS

console = PrintableConsole(highlight=False)


def show(name: str, counts: Counter[Verdict], title: str) -> None:
    """Print the verdicts of one step as a table."""
    grid = Grid("items", "what they are", title=f"{name}: {title}", title_justify="left")
    for verdict, words in WORDS[name].items():
        if counts[verdict]:
            grid.add_row(str(counts[verdict]), words)
    console.print(grid)


def explain(found: Mapping[str, Counter[Verdict]], command: Callable[[str], str]) -> None:
    """Print what the operator must know besides the numbers; `command` gives the line of another command."""
    if ABOUT_PEOPLE & set(found) and found.get("subscribers", Counter())[Verdict.UNKNOWN]:
        hours = int(TOMBSTONES_REACH.total_seconds()) // 3600
        console.print(
            f"Erasures leave a trace for only {hours} hours, and the backup is older. Choose a later time,"
            " just before the loss; or, if you know that none of these people has erased their data since,"
            " add --include-missing. Whoever has would be emailed again.",
        )
    if found.get("keys", Counter())[Verdict.CONFLICT]:
        console.print(
            "A lost key has been replaced by a new one of the same name. What the lost one sealed or signed"
            " can't be opened beside the new one; nothing was overwritten."
        )
    if found.get("ledger", Counter())[Verdict.PAUSED]:
        console.print(
            f"Paused mailings (reason {RESTORED}) may have continued after that time: `{command('resume')}`"
            " emails everybody whom the backup does not show as emailed,"
            f" `{command('cancel')}` emails nobody."
        )
