"""Soft bounces: after three issues in a row an address is taken for dead; a delivery in between clears them.

Nothing is written for a delivery: an issue that was delivered is not among those that bounced. One that
bounced and is said to be delivered, too, was; what bounced then is an answer such as "I am on holiday".
"""

from collections.abc import Collection

from broadsheet.mailings.ports import Heads

IN_A_ROW = 3
LOOKED_AT = 2 * IN_A_ROW


def is_three_in_a_row(mailing_id: str, member: str, bounced: Collection[str], heads: Heads) -> bool:
    """Whether this mailing stands in a row of three to its audience, all of which bounced.

    Events of different issues may come in any order, so the row may go on after this mailing.
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
        and all("delivery" not in heads.words(each, member) for each in row)
        for row in rows
    )
