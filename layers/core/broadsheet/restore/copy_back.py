"""Judges the items of a restored table, and copies them back."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from broadsheet.restore.ports import WRITTEN, Item, Pages, Part, RestoreBusyError, Verdict

ITEMS_AT_ONCE = 20  # five keys each, of the hundred that one BatchGetItem takes
TRIES = 8


def dry_run(pages: Pages, part: Part) -> Counter[Verdict]:
    """Count the verdicts that copying back would give; reads only."""
    return Counter(verdict for batch in _batches(pages) for verdict in part.judge(batch))


def copy_back(pages: Pages, part: Part, report_progress: Callable[[int], None]) -> Counter[Verdict]:
    """Copy items back and count their verdicts; `report_progress` gets the number processed so far.

    Items are independent: resuming an interrupted run gives the same result as one run.

    Raises:
        RestoreBusyError: others kept changing an item.
    """
    counts: Counter[Verdict] = Counter()
    for batch in _batches(pages):
        for item, verdict in zip(batch, part.judge(batch), strict=True):
            counts[_process(item, verdict, part)] += 1
        report_progress(counts.total())
    return counts


def _process(item: Item, verdict: Verdict, part: Part) -> Verdict:
    for _ in range(TRIES):
        if verdict not in WRITTEN or part.write(item, verdict):
            return verdict
        (verdict,) = part.judge([item])
    raise RestoreBusyError("Somebody else is changing the tables too quickly. Run it again.")


def _batches(pages: Pages) -> Iterator[list[Item]]:
    for page in pages:
        items = iter(page)
        while batch := list(islice(items, ITEMS_AT_ONCE)):
            yield batch
