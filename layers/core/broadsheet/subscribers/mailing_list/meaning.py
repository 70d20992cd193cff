"""The meanings that a column of an imported table can have."""

from collections.abc import Mapping
from enum import StrEnum

Columns = Mapping["Meaning", tuple[int, ...]]


class Meaning(StrEnum):
    """The meaning of a column, as an operator writes it.

    If several columns have a state, each must say that somebody is subscribed; of several with a day of
    consent the first one that is filled counts.
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
    Meaning.ADDRESS: "email address",
    Meaning.AUDIENCE: "audience, or an edition of one",
    Meaning.LANGUAGE: "language of the reader",
    Meaning.STATUS: "whether they are subscribed, as a word",
    Meaning.SUBSCRIBED: "yes or a day if they are subscribed; no or nothing if not",
    Meaning.CONFIRMED: "yes or a day if they confirmed; no or nothing if not",
    Meaning.ENDED: "filled, and not with no or 0, if they have unsubscribed or can't be reached",
    Meaning.CONSENT: "day on which they agreed",
    Meaning.IGNORED: "(ignored)",
}
