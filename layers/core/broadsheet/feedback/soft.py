"""Soft bounces: three issues in a row suppress an address; a delivery in between resets the count.

Deliveries are not recorded with the subscriber: a delivered issue is not among those that bounced. One with
both events was delivered; what bounced then is a reply such as "I am on holiday".
"""

from collections.abc import Collection

from broadsheet.mailings.ports import Heads

IN_A_ROW = 3
LOOKED_AT = 2 * IN_A_ROW


def is_three_in_a_row(mailing_id: str, member: str, bounced: Collection[str], heads: Heads) -> bool:
    """Whether this mailing is one of three in a row to its audience that all bounced.

    Events of different issues arrive in any order, so later mailings count as well.
    """
    if len(bounced) < IN_A_ROW or mailing_id not in bounced:
        return False
    audience = mailing_id.rpartition("_")[2]
    issues = [issue for issue, _, of in (each.rpartition("_") for each in bounced) if of == audience]
    latest = heads.latest(audience, max(issues), LOOKED_AT)
    rows = (latest[start : start + IN_A_ROW] for start in range(len(latest) - IN_A_ROW + 1))
    return any(
        {each.id for each in row} <= {*bounced}
        and mailing_id in {each.id for each in row}
        and all("delivery" not in heads.events_of(each, member) for each in row)
        for row in rows
    )
