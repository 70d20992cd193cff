"""Addresses are normalised, and a refused one is not repeated."""

import re
import traceback
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.address import AddressError, normalise

LOCAL = st.from_regex(r"[A-Za-z0-9]{1,10}([.+_-][A-Za-z0-9]{1,10}){0,3}", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z]{1,10}(-[a-z]{1,5})?(\.[a-z]{2,8}){1,2}", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "normalised"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  ana@example.org\n", "ana@example.org"),
        ("ana@EXAMPLE.Org", "ana@example.org"),
        ("Ana.Maria@example.org", "Ana.Maria@example.org"),
        ("a.n.a+news+more@example.org", "a.n.a+news+more@example.org"),
        ("o'neil/x=1@example.org", "o'neil/x=1@example.org"),
        ("ana@пример.рф", "ana@xn--e1afmkfd.xn--p1ai"),
        ("ana@ПРИМЕР.РФ", "ana@xn--e1afmkfd.xn--p1ai"),
        ("ana@xn--e1afmkfd.xn--p1ai", "ana@xn--e1afmkfd.xn--p1ai"),
        (unicodedata.normalize("NFD", "ana@bücher.example"), "ana@xn--bcher-kva.example"),
        (unicodedata.normalize("NFC", "ana@bücher.example"), "ana@xn--bcher-kva.example"),
        ("ana@example.test", "ana@example.test"),
    ],
)
def test_an_address_is_known_as(typed: str, normalised: str) -> None:
    assert normalise(typed) == normalised


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ana-without-at",
        "ana@",
        "@example.org",
        "ana@example",
        "ana@@example.org",
        "an a@example.org",
        ".ana@example.org",
        "ana.@example.org",
        "an..a@example.org",
        "ana@-example.org",
        "ana@example..org",
        "ana@exa_mple.org",
        "ana@[203.0.113.7]",
        '"ana maria"@example.org',
        "Ana <ana@example.org>",
        "ana@example.org, bo@example.org",
        "ana@example.org\nbcc: bo@example.org",
        "ana\0@example.org",
        "аня@example.org",
        "ana@\ud800.example.org",
        "ana@exam\u202eple.org",
        "ana@é·yxn--secretdom.org",
        "ana@1ن.secretdom.org",
        "ana@ן．9secretdom.org",
        f"{'x' * 65}@example.org",
        f"ana@{'x' * 64}.org",
        f"ana@{'.'.join(['x' * 60] * 5)}.org",
    ],
)
def test_an_invalid_address_is_refused_and_never_repeated(typed: str) -> None:
    with pytest.raises(AddressError, match=r"^not a mail address$") as caught:
        normalise(typed)

    traceback_text = "".join(traceback.format_exception(caught.value))
    parts = re.findall(r"\w{3,}", typed, re.ASCII)
    assert [part for part in parts if re.search(rf"\b{part}\b", traceback_text)] == []


@given(local=LOCAL, domain=DOMAIN)
def test_normalising_again_changes_nothing(local: str, domain: str) -> None:
    try:
        once = normalise(f"{local}@{domain.upper()}")
    except AddressError:
        return  # a name that is reserved

    assert once == f"{local}@{domain}"
    assert normalise(once) == once


@given(st.text(max_size=300) | st.text(alphabet="a.@+-_\"'<> \t\n\\()[]:;xn-\u0301й", max_size=40))
def test_any_text_is_an_address_in_ascii_or_is_refused(text: str) -> None:
    try:
        address = normalise(text)
    except AddressError:
        return

    assert address.isascii()
    assert address.count("@") == 1
    assert normalise(address) == address


@pytest.mark.parametrize(
    "sign", ["\u200b", "\ufeff", "\u2060", "\u202a", "\u200e", "\xad", "\u200d", "\ufe0f", "\xa0"]
)
def test_invisible_characters_are_removed_from_the_ends_of_an_address(sign: str) -> None:
    assert normalise(f"{sign}ana@example.org") == "ana@example.org"
    assert normalise(f" ana@example.org{sign} ") == "ana@example.org"


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u2060", "\xad", "\u200d"])
def test_zero_width_characters_are_removed_within_an_address(sign: str) -> None:
    assert normalise(f"an{sign}a@exam{sign}ple.org") == "ana@example.org"
    assert normalise(f"ana@при{sign}мер.test") == "ana@xn--e1afmkfd.test"


def test_a_joiner_that_makes_another_domain_is_not_removed() -> None:
    assert normalise("ana@\u0646\u0627\u0645\u0647\u0627\u06cc.test")
    with pytest.raises(AddressError):
        normalise("ana@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.test")
