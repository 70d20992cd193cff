"""Recounts the register's tally and rebuilds the site after a restore."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.aws.dynamodb import Item, Table
from broadsheet.aws.publishing_state import DynamoDBRendererVersions
from broadsheet.aws.register import TALLY_KEY, DynamoDBRegister
from broadsheet.aws.sqs import send_all
from broadsheet.publishing.desk_events import RebuildRequest
from broadsheet.restore.ports import RestoreBusyError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

TRIES = 8
AT_ONCE = 50  # an expression has up to 4 KB. Source: DynamoDB's quotas
ALL = 1_000_000


@dataclass(frozen=True)
class RegisterRecount:
    """The recount and rebuild that a restore of issues needs."""

    table: Table
    sqs: "SQSClient"
    desk_queue: str

    def begin(self) -> None:
        """Store that pages must be rebuilt, before the first record is restored."""
        DynamoDBRendererVersions(self.table).complete("")

    def is_begun(self) -> bool:
        """Whether pages must still be rebuilt."""
        return not DynamoDBRendererVersions(self.table).current()

    def finish(self, issues: Iterable[str]) -> None:
        """Recount the tally; have these issues' folders processed again and all pages rebuilt.

        After a second call the folders are found unchanged, and the pages are rebuilt once more.

        Raises:
            RestoreBusyError: others kept publishing. Run it again.
        """
        self._recount()
        keys = (f"issues/{issue}/restored" for issue in issues)
        bodies = [json.dumps({"detail": {"object": {"key": key}}}) for key in keys]
        if send_all(self.sqs, self.desk_queue, [*bodies, RebuildRequest(uuid.uuid4().hex).to_json()]):
            raise RestoreBusyError("The desk's queue did not take all messages. Run it again.")

    def _recount(self) -> None:
        """Replace each wrong number by a conditional write over the one that was read before the records.

        A publication in between makes the write fail, and the tally is recounted.
        """
        for _ in range(TRIES):
            before = self.table.get(TALLY_KEY) or {}
            counted: Counter[str] = Counter()
            for record in DynamoDBRegister(self.table).after("", ALL):
                counted.update(record.tally())
            named = sorted({*before, *counted} - {*TALLY_KEY})
            wrong = [name for name in named if before.get(name, 0) != counted[name]]
            parts = (wrong[start : start + AT_ONCE] for start in range(0, len(wrong), AT_ONCE))
            if all(self._set(part, before, counted) for part in parts):
                return
        raise RestoreBusyError("Others kept publishing while issues were counted. Run it again.")

    def _set(self, keys: Sequence[str], before: Item, counted: Counter[str]) -> bool:
        numbered = list(enumerate(keys))
        is_unchanged = (
            f"#k{i} = :b{i}" if key in before else f"attribute_not_exists(#k{i})" for i, key in numbered
        )
        return self.table.update(
            TALLY_KEY,
            "SET " + ", ".join(f"#k{i} = :n{i}" for i, _ in numbered),
            {f":n{i}": counted[key] for i, key in numbered}
            | {f":b{i}": before[key] for i, key in numbered if key in before},
            " AND ".join(is_unchanged),
            {f"#k{i}": key for i, key in numbered},
        )
