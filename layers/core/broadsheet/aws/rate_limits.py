"""The rate limiter's state in DynamoDB."""

from dataclasses import dataclass
from typing import Any

from broadsheet.aws.dynamodb import Table
from broadsheet.mailings.rate_limit import LimiterState, Reservation

_KEY = {"mailing": "pace", "entry": "account"}


@dataclass(frozen=True)
class DynamoDBRateLimits:
    """`RateLimits` on DynamoDB, one item of the ledger's table.

    Shape: partition "pace", entry "account": `version`; `grants`, the reservations as text,
    `<time>:<recipients>` with a space between; `rate` and `window`, unversioned.
    """

    table: Table

    def state(self) -> LimiterState:
        """Read the item."""
        return _state(self.table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {}))

    def put(self, state: LimiterState) -> LimiterState | None:
        """Write over the previous version, if the rate has not changed."""
        reservations = " ".join(
            f"{reservation.at:.3f}:{reservation.recipients}" for reservation in state.reservations
        )
        try:
            self.table.update_item(
                Key=_KEY,
                UpdateExpression="SET #version = :version, #grants = :grants",
                ConditionExpression="(attribute_not_exists(#version) OR #version = :before) AND"
                " (attribute_not_exists(#rate) OR #rate = :rate)",
                ExpressionAttributeNames={"#version": "version", "#grants": "grants", "#rate": "rate"},
                ExpressionAttributeValues={
                    ":version": state.version,
                    ":before": state.version - 1,
                    ":grants": reservations,
                    ":rate": str(state.per_second),
                },
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return self.state()
        return None

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        """Write the rate, which workers use with their next reservation."""
        self.table.update_item(
            Key=_KEY,
            UpdateExpression="SET #rate = :rate, #window = :window",
            ExpressionAttributeNames={"#rate": "rate", "#window": "window"},
            ExpressionAttributeValues={":rate": str(per_second), ":window": str(window)},
        )


def _state(item: Any) -> LimiterState:  # noqa: ANN401  # DynamoDB's item
    pairs = (pair.split(":") for pair in str(item.get("grants", "")).split())
    return LimiterState(
        float(item.get("rate", 1.0)),
        tuple(Reservation(float(at), int(recipients)) for at, recipients in pairs),
        int(item.get("version", 0)),
        float(item.get("window", 1.0)),
    )
