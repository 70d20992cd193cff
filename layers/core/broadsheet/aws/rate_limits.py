"""The rate limiter's state in DynamoDB."""

from dataclasses import dataclass

from broadsheet.aws.dynamodb import Item, Table
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
        return _state_of(self.table.get(_KEY) or {})

    def put(self, state: LimiterState) -> LimiterState | None:
        """Write over the previous version, if the rate has not changed; the same call returns the other."""
        grants = " ".join(f"{one.at:.3f}:{one.recipients}" for one in state.reservations)
        versions = {":version": state.version, ":before": state.version - 1}
        instead = self.table.update_or_read(
            _KEY,
            "SET #version = :version, #grants = :grants",
            {**versions, ":grants": grants, ":rate": str(state.per_second)},
            "(attribute_not_exists(#version) OR #version = :before) AND"
            " (attribute_not_exists(#rate) OR #rate = :rate)",
        )
        return None if instead is None else _state_of(instead)

    def set_rate(self, per_second: float, window: float = 1.0) -> None:
        """Write the rate, which workers use with their next reservation."""
        values = {":rate": str(per_second), ":window": str(window)}
        self.table.update(_KEY, "SET #rate = :rate, #window = :window", values)


def _state_of(item: Item) -> LimiterState:
    pairs = (pair.split(":") for pair in item.get("grants", "").split())
    return LimiterState(
        float(item.get("rate", 1.0)),
        tuple(Reservation(float(at), int(recipients)) for at, recipients in pairs),
        item.get("version", 0),
        float(item.get("window", 1.0)),
    )
