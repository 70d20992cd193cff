"""Which column of a table from elsewhere means what, told by its heading and by what stands in it.

Source: the exports of Mailchimp ("subscribed members"), listmonk and the like; headings in English, Russian
and Belarusian.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from broadsheet.subscribers.roster.sheet import Row, SheetError

Columns = Mapping["Meaning", tuple[int, ...]]


class Meaning(StrEnum):
    """What a column can mean to us; whatever else there is stays where it is."""

    ADDRESS = "address"
    AUDIENCE = "audience"
    LANGUAGE = "language"
    STATUS = "status"
    CONSENT = "consent"
    ENDED = "ended"


EXPLAINED = {
    Meaning.ADDRESS: "mail address",
    Meaning.AUDIENCE: "audience, or an edition of one",
    Meaning.LANGUAGE: "language of the reader",
    Meaning.STATUS: "whether they are subscribed",
    Meaning.CONSENT: "day on which they agreed",
    Meaning.ENDED: "filled where they have left or can't be reached",
}
# Of several headings that fit, the one whose word stands first here.
WORDS = {
    Meaning.ADDRESS: (
        *("emailaddress", "email", "mail", "mailaddress", "subscriberemail", "primaryemail", "recipient"),
        *("электроннаяпочта", "элпочта", "почта", "адресэлектроннойпочты", "емейл", "имейл"),
        *("электроннаяпошта", "элпошта", "пошта", "адрасэлектроннайпошты"),
    ),
    Meaning.AUDIENCE: (
        *("audience", "audiences", "list", "lists", "listname", "edition", "editions", "newsletter"),
        *("аудитория", "рассылка", "список", "издание", "аўдыторыя", "рассылкі", "спіс", "выданне"),
    ),
    Meaning.LANGUAGE: ("language", "lang", "locale", "preferredlanguage", "язык", "мова"),
    Meaning.STATUS: (
        *("status", "subscriptionstatus", "subscriberstatus", "state", "memberstatus", "emailstatus"),
        *("статус", "статусподписки", "стан"),
    ),
    Meaning.CONSENT: (
        *("consentdate", "dateofconsent", "consenton", "consent", "agreedon", "confirmedon", "confirmtime"),
        *("confirmedat", "confirmationtime", "optintime", "optindate", "optinat", "subscribedat"),
        *("subscribedon", "subscribedate", "subscriptiondate", "subscribetime", "signupdate", "dateadded"),
        *("createdat", "createdon", "created", "dateregistered", "registered", "dateofsubscription"),
        *(
            "датасогласия",
            "датаподтверждения",
            "датаподписки",
            "датарегистрации",
            "датазгоды",
            "датападпіскі",
        ),
    ),
    Meaning.ENDED: (
        *("unsubtime", "unsubscribedat", "unsubscribedon", "unsubscribedate", "unsubscribetime"),
        *("cleantime", "cleanedat", "bouncedat", "bouncetime", "optouttime", "optoutdate", "blockedat"),
        *("deletedat", "датаотписки", "датаадпіскі"),
    ),
}
LOOKS_LIKE_ADDRESS = re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*")
NO_ADDRESSES = (
    "No column of the file holds mail addresses. If one does, say which: --column address='Its heading'."
)


def detect(headings: Sequence[str], sample: Sequence[Row]) -> Columns:
    """What each column means, where that can be told; `sample` is of the first rows.

    Raises:
        SheetError: no column holds addresses.
    """
    plain = [_plain(heading) for heading in headings]
    address = _addresses_in(plain, sample)
    if address is None:
        raise SheetError(NO_ADDRESSES)
    found: dict[Meaning, tuple[int, ...]] = {Meaning.ADDRESS: (address,)}
    for meaning, words in WORDS.items():
        columns = [column for word in words for column, name in enumerate(plain) if name == word]
        free = [column for column in columns if column != address]
        if meaning is not Meaning.ADDRESS and free:
            found[meaning] = tuple(free) if meaning is Meaning.ENDED else (free[0],)
    return found


def chosen(columns: Columns, given: Mapping[str, str], headings: Sequence[str]) -> Columns:
    """The columns as an operator wants them; an empty heading takes a meaning away.

    Raises:
        SheetError: there is no such meaning or no such heading.
    """
    wanted: dict[Meaning, tuple[int, ...]] = dict(columns)
    for name, heading in given.items():
        if name not in set(Meaning):
            raise SheetError(f"A column can't mean {name!r}; known are {', '.join(Meaning)}.")
        places = tuple(place for place, known in enumerate(headings) if _plain(known) == _plain(heading))
        if heading and not places:
            raise SheetError(f"The file has no column {heading!r}; it has {', '.join(headings)}.")
        wanted.pop(Meaning(name), None)
        if heading:
            wanted[Meaning(name)] = places[:1]
    if Meaning.ADDRESS not in wanted:
        raise SheetError(NO_ADDRESSES)
    return wanted


def _addresses_in(plain: Sequence[str], sample: Sequence[Row]) -> int | None:
    """The column that mostly holds addresses: of several one with a fitting heading, then the first."""
    words = WORDS[Meaning.ADDRESS]
    named = [column for word in words for column, name in enumerate(plain) if name == word]
    holding = [column for column in range(len(plain)) if _mostly_addresses(column, sample)]
    fitting = [column for column in named if column in holding]
    return next(iter([*fitting, *holding, *named]), None)


def _mostly_addresses(column: int, sample: Sequence[Row]) -> bool:
    cells = [row.cells[column] for row in sample if column < len(row.cells) and row.cells[column].strip()]
    fitting = sum(bool(LOOKS_LIKE_ADDRESS.fullmatch(cell)) for cell in cells)
    return bool(cells) and fitting * 2 >= len(cells)


def _plain(heading: str) -> str:
    return "".join(letter for letter in heading.casefold() if letter.isalnum())
