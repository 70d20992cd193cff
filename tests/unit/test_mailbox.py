"""The mailbox of an address: all spellings of one mailbox share one cool-down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.subscribers.mailbox import SAME_DOMAINS, mailbox_of

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
NAMES = st.text(LETTERS, min_size=1, max_size=12)
TAGS = st.text(f"{LETTERS}+.-_", max_size=8)
DOMAINS = st.sampled_from(["example.org", "gmail.com", "ya.ru", "proton.me", "yahoo.com", *SAME_DOMAINS])


@st.composite
def spellings(draw: st.DrawFn, name: str, domain: str) -> str:
    """Another way to write the mailbox: dots anywhere, capitals, a tag."""
    letters = [
        (letter.upper() if draw(st.booleans()) else letter) + ("." if draw(st.booleans()) else "")
        for letter in name
    ]
    tag = f"+{draw(TAGS)}" if draw(st.booleans()) else ""
    return f"{''.join(letters).rstrip('.')}{tag}@{domain}"


@given(data=st.data(), name=NAMES, domain=DOMAINS)
def test_every_spelling_of_a_mailbox_is_one_mailbox(data: st.DataObject, name: str, domain: str) -> None:
    spelling = data.draw(spellings(name, domain))

    assert mailbox_of(spelling) == mailbox_of(f"{name}@{domain}")


@given(one=NAMES, other=NAMES, domain=DOMAINS)
def test_two_names_are_two_mailboxes(one: str, other: str, domain: str) -> None:
    assert (mailbox_of(f"{one}@{domain}") == mailbox_of(f"{other}@{domain}")) == (one == other)


@given(local=st.text(f"{LETTERS}+.-_", min_size=1, max_size=12), domain=DOMAINS)
def test_the_mailbox_of_a_mailbox_is_itself(local: str, domain: str) -> None:
    found = mailbox_of(f"{local}@{domain}")

    assert mailbox_of(found) == found
    assert all(found.rpartition("@")[::2])


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("ana.k@googlemail.com", "anak@gmail.com"),
        ("ana-k@yandex.by", "anak@ya.ru"),
        ("ana.k@yandex.ru", "anak@ya.ru"),
        ("ana_k-x@pm.me", "anakx@proton.me"),
        ("ana@mac.com", "ana@icloud.com"),
        ("ana-news@yahoo.com", "ana@yahoo.com"),
        ("news@ana.fastmail.com", "ana@fastmail.com"),
        ("ana+news@fastmail.com", "ana@fastmail.com"),
        ("+@example.org", "+@example.org"),
        ("+ana@example.org", "+ana@example.org"),
        ("anna-maria@example.org", "anna-maria@example.org"),
        ("ana_k@gmail.com", "ana_k@gmail.com"),
        ("ana@mail.ru", "ana@mail.ru"),
        ("ana@bk.ru", "ana@bk.ru"),
        ("success+verify-1@simulator.amazonses.com", "success+verify-1@simulator.amazonses.com"),
    ],
)
def test_characters_that_a_provider_ignores_are_ignored_for_its_domains_only(
    address: str, mailbox: str
) -> None:
    assert mailbox_of(address) == mailbox
