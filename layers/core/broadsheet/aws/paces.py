"""The book of the pace in DynamoDB."""

from dataclasses import dataclass
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.mailings.pace import Grant, Pace

_PACE_KEY = {"mailing": "pace", "entry": "account"}


@dataclass(frozen=True)
class DynamoDBPaces:
    """The book of the pace, an item of the ledger's table.

    Shape: partition "pace", entry "account": `version`, `grants` as text, `<time>:<recipients>` with a space
    between; `rate` and `window`, which `set_rate` writes without a version.
    """

    table: Table

    def pace(self) -> Pace:
        """The book, at the rate that was set last."""
        return _pace(self.table.get_item(Key=_PACE_KEY, ConsistentRead=True).get("Item", {}))

    def put(self, pace: Pace) -> Pace | None:
        """Write over the version before, as long as the rate is what it was."""
        grants = " ".join(f"{grant.at:.3f}:{grant.recipients}" for grant in pace.grants)
        try:
            self.table.update_item(
                Key=_PACE_KEY,
                UpdateExpression="SET #version = :version, #grants = :grants",
                ConditionExpression="(attribute_not_exists(#version) OR #version = :before) AND"
                " (attribute_not_exists(#rate) OR #rate = :rate)",
                ExpressionAttributeNames={"#version": "version", "#grants": "grants", "#rate": "rate"},
                ExpressionAttributeValues={
                    ":version": pace.version,
                    ":before": pace.version - 1,
                    ":grants": grants,
                    ":rate": str(pace.per_second),
                },
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return self.pace()
        return None

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        """Write the rate; workers find it with their next reservation."""
        self.table.update_item(
            Key=_PACE_KEY,
            UpdateExpression="SET #rate = :rate, #window = :window",
            ExpressionAttributeNames={"#rate": "rate", "#window": "window"},
            ExpressionAttributeValues={":rate": str(per_second), ":window": str(window)},
        )


def _pace(item: Any) -> Pace:  # noqa: ANN401  # DynamoDB's item
    pairs = (pair.split(":") for pair in str(item.get("grants", "")).split())
    return Pace(
        float(item.get("rate", 1.0)),
        tuple(Grant(float(at), int(recipients)) for at, recipients in pairs),
        int(item.get("version", 0)),
        float(item.get("window", 1.0)),
    )
