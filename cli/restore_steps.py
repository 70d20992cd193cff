"""The steps of `broadsheet restore`: each table's backup, its rules, and the words for their verdicts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.register_recount import RegisterRecount
from broadsheet.aws.restore_list import ListTables, LiveList, OptOuts, RestoredSubscribers, subscribers_in
from broadsheet.aws.restore_records import MissingItems, Rule
from broadsheet.restore.entries import judge_entry, judge_key, judge_record
from broadsheet.restore.people import BackupTime
from broadsheet.restore.ports import Item, Pages, Part, Verdict

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

OUTPUTS = {  # the tables in the order in which they are restored, and the outputs that name them
    "keys": "Keys",
    "fingerprints": "Fingerprints",
    "subscribers": "Subscribers",
    "register": "Register",
    "ledger": "Ledger",
}
LIST = ("keys", "fingerprints", "subscribers")
ABOUT_PEOPLE = {"fingerprints", "subscribers"}
PRIMARY_KEYS = {"keys": ("key_id",), "register": ("collection", "issue"), "ledger": ("mailing", "entry")}
RULES: Mapping[str, Rule] = {"keys": judge_key, "register": judge_record, "ledger": judge_entry}
USUAL = {
    Verdict.RESTORED: "missing: brought back",
    Verdict.UNCHANGED: "already there: left unchanged",
    Verdict.LAPSED: "expired: left out",
    Verdict.SKIPPED: "not needed: left out",
}
WORDS: Mapping[str, Mapping[Verdict, str]] = {
    "on the list": {
        Verdict.REJOINED: "without their fingerprint: they get it again",
        Verdict.REMOVED: "unsubscribed, suppressed, or listed twice: removed",
        Verdict.UNCHANGED: "as they should be",
    },
    "keys": {**USUAL, Verdict.CONFLICT: "another key has the name now: left out, see below"},
    "fingerprints": {
        **USUAL,
        Verdict.REMOVED: "unsubscribed, and imported since: removed from the list",
        Verdict.AGAIN: "unsubscribed, and signed up again since: stays on the list",
        Verdict.GONE: "unsubscribed, and erased since: left out",
        Verdict.SUPPRESSED: "unsubscribed, and suppressed since: stays suppressed",
        Verdict.SKIPPED: "restored with its subscriber",
    },
    "subscribers": {
        **USUAL,
        Verdict.SUPPRESSED: "bounced, marked us as spam or said “not again” since: left out",
        Verdict.LEFT: "unsubscribed since: left out",
        Verdict.GONE: "unsubscribed or erased since: left out",
        Verdict.AGAIN: "signed up again since: left out",
        Verdict.LAPSED: "never confirmed: left out",
        Verdict.UNKNOWN: "missing, perhaps erased, perhaps lost: left out, see below",
    },
    "register": {**USUAL, Verdict.CONFLICT: "published again since: left unchanged"},
    "ledger": {
        **USUAL,
        Verdict.PAUSED: "mailings under way: brought back as paused, see below",
        Verdict.CANCELLED: "mailings that had not begun: brought back as cancelled",
    },
}


@dataclass(frozen=True)
class RestoreStep:
    """One pass over items: its name, the pages of items, and the rules."""

    name: str
    pages: Callable[[], Pages]
    part: Part


@dataclass(frozen=True)
class RestoreTables:
    """The live tables of one stack, by their names in `OUTPUTS` and `limits`; the desk's queue."""

    name: str
    dynamodb: Any  # a client with plain values
    sqs: "SQSClient"
    names: Mapping[str, str]
    desk_queue: str
    clock: Callable[[], datetime]

    def table(self, name: str) -> Table:
        """A live table."""
        return Table(self.dynamodb, self.names[name])

    def steps(self, copies: Mapping[str, str], since: BackupTime) -> list[RestoreStep]:
        """The steps for these tables, whose backups have these names, in the order that loses nothing.

        The live list is repaired first, so that a suppression finds its subscriber. Opt-outs and
        suppressions are restored before subscribers.
        """
        people = self._people(copies, since) if ABOUT_PEOPLE & set(copies) else []
        keys = [self._missing_items("keys", copies)] if "keys" in copies else []
        others = [self._missing_items(name, copies) for name in ("register", "ledger") if name in copies]
        return [*keys, *people, *others]

    def _people(self, copies: Mapping[str, str], since: BackupTime) -> Iterator[RestoreStep]:
        live = ListTables(*(self.table(name) for name in ("subscribers", "fingerprints", "limits")))
        yield RestoreStep("on the list", live.everyone, LiveList(live, since, self.clock))
        if "fingerprints" in copies:
            pages = self._pages(copies["fingerprints"])
            yield RestoreStep("fingerprints", pages, OptOuts(live, since, self.clock))
        if "subscribers" in copies:
            people = self._people_in(copies["subscribers"])
            yield RestoreStep("subscribers", people, RestoredSubscribers(live, since, self.clock))

    @property
    def recount(self) -> RegisterRecount:
        """The recount of the register, which restored records make necessary."""
        return RegisterRecount(self.table("register"), self.sqs, self.desk_queue)

    def _missing_items(self, name: str, copies: Mapping[str, str]) -> RestoreStep:
        missing = MissingItems(self.table(name), PRIMARY_KEYS[name], RULES[name], self.clock)
        return RestoreStep(name, self._pages(copies[name]), missing)

    def _people_in(self, table: str) -> Callable[[], Iterator[list[Item]]]:
        return lambda: map(subscribers_in, self._pages(table)())

    def _pages(self, table: str) -> Callable[[], Iterator[list[Item]]]:
        return Table(self.dynamodb, table).scan_pages


def issues_in(step: RestoreStep) -> list[str]:
    """The issues in a backup of the register, in its order."""
    return [item["issue"] for page in step.pages() for item in page if item["collection"] == "issue"]


def named_tables(tables: Sequence[str]) -> list[str]:
    """The named tables in the order of `OUTPUTS`; `list` stands for three of them."""
    return [name for name in OUTPUTS if name in tables or (name in LIST and "list" in tables)]


def parse_time(text: str) -> datetime:
    """A time with its zone, in UTC and whole seconds.

    Raises:
        ValueError: it is not such a time; the message says how to write it.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("Write the time with its zone, like 2026-11-29T10:15:00Z or 2026-11-29T11:15+01:00.")
    return at.astimezone(UTC).replace(microsecond=0)
