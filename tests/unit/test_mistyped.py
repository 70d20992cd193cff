"""The address that somebody probably meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.address import normalise
from broadsheet.subscribers.mistyped import KNOWN, SLIPS, meant

GMAIL = "ivan@gmail.com"


@pytest.mark.parametrize(
    ("domain", "right"),
    [
        *(
            (f"gm{rest}", "gmail.com")
            for rest in ("ial.con", "ail.cmo", "ai.com", "aill.com", "ali.com", "ail.co")
        ),
        *(
            (spelled, "gmail.com")
            for spelled in ("gail.com", "GMAL.COM", "fmail.com", "gmail.ru", "gmail.com.ru")
        ),
        *((spelled, "yandex.by") for spelled in ("yandx.by", "yandex.bu", "yadnex.vy")),
        *((spelled, "tut.by") for spelled in ("tut.bu", "tut.yb")),
        *((spelled, "mail.ru") for spelled in ("mail.tu", "mail.ri", "mail.rru")),
        *((spelled, "proton.me") for spelled in ("prton.me", "proton.em")),
        *((spelled, "wp.pl") for spelled in ("wp.ol", "wp.lp")),
        *[("inbox.ltt", "inbox.lt"), ("t-online.ed", "t-online.de"), ("hotmial.de", "hotmail.de")],
        *[("outlok.com", "outlook.com"), ("yahooo.com", "yahoo.com"), ("iclou.com", "icloud.com")],
    ],
)
def test_a_slip_in_a_name_or_an_ending_is_understood(domain: str, right: str) -> None:
    assert meant(f"ivan@{domain}") == f"ivan@{right}"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "ivan@gmail,com",
            "ivan@gmailcom",
            "ivan@gmail",
            "ivan@gmail..com",
            "ivan@gmail.com.",
            "ivan@ gmail.com ",
        ),
        *(
            "ivan@gmаil.com",
            "ivan@gmail.сом",
            "ivan@xn--gmil-63d.com",
        ),  # letters that look the same, Punycode
        *("ivan@пьфшд.сщь", "шмфт@пьфшд.сщь", 'шмфт"пьфшдюсщь', 'ШМФТ"ПЬФШДЮСЩЬ'),  # the keyboard in Russian
    ],
)
def test_another_sign_alphabet_or_keyboard_is_understood(typed: str) -> None:
    assert meant(typed) == GMAIL


@pytest.mark.parametrize(
    ("typed", "right"), [("x@mail.кг", "mail.ru"), ("x@mail.ру", "mail.ru"), ("x@tut.бу", "tut.by")]
)
def test_an_ending_in_cyrillic_is_understood(typed: str, right: str) -> None:
    assert meant(typed) == f"x@{right}"


def test_what_stands_before_the_domain_stays_as_it_was_typed() -> None:
    assert meant("Ivan.K+news@gmial.com") == "Ivan.K+news@gmail.com"


@pytest.mark.parametrize("domain", KNOWN)
def test_a_domain_that_is_right_gives_no_suggestion(domain: str) -> None:
    assert meant(f"ivan@{domain}") == ""
    assert meant(f"IVAN@{domain.upper()}") == ""


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "@",
            "ivan",
            "ivan@",
            "@gmial.com",
            "ivan@example.org",
            "ivan@mail.example.org",
            "ivan@почта.рф",
        ),
        *("ivan@mail.eu", "ivan@mail.by", "ivan@gmx.eu", "ivan@web.com", "ivan@list.lt", "ivan@zmail.org"),
        *(
            "іван@gmial.com",
            "a b@gmial.com",
            f"{'x' * 300}@gmial.com",
            "ivan@.",
            "ivan@xn--",
            "ivan@gmial.com@x",
        ),
    ],
)
def test_where_nothing_is_clear_nothing_is_suggested(typed: str) -> None:
    assert meant(typed) == ""


@given(
    st.text(max_size=40),
    st.sampled_from(KNOWN),
    st.integers(0, 12),
    st.sampled_from("abcоб.,@ \u200b\U0001f600"),
)
def test_a_suggestion_is_always_an_address_at_a_known_domain(
    local: str, domain: str, at: int, sign: str
) -> None:
    found = meant(f"{local}@{domain[:at]}{sign}{domain[at:]}")
    assert not found or (normalise(found) == found and found.rpartition("@")[2] in KNOWN)


def test_no_ending_is_a_slip_for_itself() -> None:
    assert [right for right, slips in SLIPS.items() if right in slips] == []
