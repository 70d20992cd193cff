"""The register's tally counted anew, and the site made anew, after records came back."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from broadsheet.aws.dynamodb import Table
from broadsheet.aws.rebuilds import DynamoDBPresses
from broadsheet.aws.register import TALLY_KEY, DynamoDBRegister
from broadsheet.publishing.desk_events import FRAME
from broadsheet.restore.ports import RestoreBusyError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

TRIES = 8
NUMBERS_AT_ONCE = 50  # an expression has up to 4 KB. Source: DynamoDB's quotas
MESSAGES_AT_ONCE = 10
ALL = 1_000_000


@dataclass(frozen=True)
class RegisterAfterwards:
    """What follows from records that came back."""

    table: Table
    sqs: "SQSClient"
    desk_queue: str

    def begin(self) -> None:
        """Note, before the first record comes back, that pages are to be made anew."""
        DynamoDBPresses(self.table).complete("")

    def is_begun(self) -> bool:
        """Whether pages are still to be made anew."""
        return not DynamoDBPresses(self.table).press()

    def finish(self, issues: Iterable[str]) -> None:
        """Count the tally anew; have the desk's files of these issues and all pages looked at again.

        A second time the desk finds its files unchanged, and the pages are made once more.

        Raises:
            RestoreBusyError: others kept publishing. Run it again.
        """
        self._recount()
        keys = [*(f"issues/{issue}/restored" for issue in issues), FRAME]
        for batch in _batches(keys):
            entries: Any = [
                {"Id": str(number), "MessageBody": json.dumps({"detail": {"object": {"key": key}}})}
                for number, key in enumerate(batch)
            ]
            if self.sqs.send_message_batch(QueueUrl=self.desk_queue, Entries=entries).get("Failed"):
                raise RestoreBusyError("The desk's queue did not take all messages. Run it again.")

    def _recount(self) -> None:
        """Set each number that is wrong over the one that was read before the records were.

        So a publication in between makes the write fail, and it is counted again.
        """
        for _ in range(TRIES):
            before: dict[str, Any] = self.table.get_item(Key=TALLY_KEY, ConsistentRead=True).get("Item", {})
            counted: Counter[str] = Counter()
            for record in DynamoDBRegister(self.table).after("", ALL):
                counted.update(record.tally())
            named = sorted({*before, *counted} - {*TALLY_KEY})
            wrong = [name for name in named if before.get(name, 0) != counted[name]]
            if all(self._set(part, before, counted) for part in _batches(wrong, NUMBERS_AT_ONCE)):
                return
        raise RestoreBusyError("Others kept publishing while issues were counted. Run it again.")

    def _set(self, keys: Sequence[str], before: dict[str, Any], counted: Counter[str]) -> bool:
        numbered = list(enumerate(keys))
        values: dict[str, Any] = {f":n{i}": counted[key] for i, key in numbered}
        values |= {f":b{i}": before[key] for i, key in numbered if key in before}
        is_same = (
            f"#k{i} = :b{i}" if key in before else f"attribute_not_exists(#k{i})" for i, key in numbered
        )
        try:
            self.table.update_item(
                Key=TALLY_KEY,
                UpdateExpression="SET " + ", ".join(f"#k{i} = :n{i}" for i, _ in numbered),
                ConditionExpression=" AND ".join(is_same),
                ExpressionAttributeNames={f"#k{i}": key for i, key in numbered},
                ExpressionAttributeValues=values,
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _batches(keys: Iterable[str], size: int = MESSAGES_AT_ONCE) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
