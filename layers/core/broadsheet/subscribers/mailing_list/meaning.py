"""What a column of a table from elsewhere can mean to us."""

from collections.abc import Mapping
from enum import StrEnum

Columns = Mapping["Meaning", tuple[int, ...]]


class Meaning(StrEnum):
    """What a column can mean to us, by the word that an operator says it with.

    Of several columns that speak of a state each must say that somebody is subscribed; of several with a day
    of consent the first counts that has one.
    """

    ADDRESS = "address"
    AUDIENCE = "audience"
    LANGUAGE = "language"
    STATUS = "status"
    SUBSCRIBED = "subscribed"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    CONSENT = "consent"
    IGNORED = "ignored"


EXPLAINED = {
    Meaning.ADDRESS: "mail address",
    Meaning.AUDIENCE: "audience, or an edition of one",
    Meaning.LANGUAGE: "language of the reader",
    Meaning.STATUS: "whether they are subscribed, in a word",
    Meaning.SUBSCRIBED: "yes or a day where they are subscribed; no or nothing where not",
    Meaning.CONFIRMED: "yes or a day where they confirmed; no or nothing where not",
    Meaning.ENDED: "filled, and not with no or 0, where they have left or can't be reached",
    Meaning.CONSENT: "day on which they agreed",
    Meaning.IGNORED: "(not looked at)",
}
