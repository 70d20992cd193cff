"""Going through the items of one table: first only to count, then to copy back."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from broadsheet.restore.ports import WRITTEN, Item, Pages, Part, RestoreBusyError, Verdict

ITEMS_AT_ONCE = 20  # five keys each, of the hundred that one BatchGetItem takes
TRIES = 8


def survey(pages: Pages, part: Part) -> Counter[Verdict]:
    """What would become of the items; reads only."""
    return Counter(verdict for batch in _batches(pages) for verdict in part.judge(batch))


def carry_out(pages: Pages, part: Part, told: Callable[[int], None]) -> Counter[Verdict]:
    """Copy back what is to be copied back; what became of the items. `told` gets how many are done.

    Each item stands for itself, so a run that ended anywhere is begun again and ends as one run would have.

    Raises:
        RestoreBusyError: others kept changing an item.
    """
    counts: Counter[Verdict] = Counter()
    for batch in _batches(pages):
        for item, verdict in zip(batch, part.judge(batch), strict=True):
            counts[_settled(item, verdict, part)] += 1
        told(counts.total())
    return counts


def _settled(item: Item, verdict: Verdict, part: Part) -> Verdict:
    for _ in range(TRIES):
        if verdict not in WRITTEN or part.write(item, verdict):
            return verdict
        (verdict,) = part.judge([item])
    raise RestoreBusyError("The tables are being changed too quickly by others. Run it again.")


def _batches(pages: Pages) -> Iterator[list[Item]]:
    for page in pages:
        items = iter(page)
        while batch := list(islice(items, ITEMS_AT_ONCE)):
            yield batch
