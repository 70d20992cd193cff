"""Headers of mails are one line each, with any value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.mail import HeaderError, Mail, named, one_line
from broadsheet.newsletter_file import NewsletterFileError, read_newsletter
from tests.builders import NEWSLETTER_TOML

SIGNS = st.text(st.sampled_from("aб \t\r\n\x00\x0b\x1b\x7f\x81\x85\u2028\ud800\ufffe"), max_size=12)
BREAKS = ("\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\x1b", "\ud800")


def a_mail(**changes: str) -> Mail:
    return Mail(**{"sender": "a@b.example", "subject": "s", "text": "t", "html": "h"} | changes)  # type: ignore[arg-type]  # plain texts


@pytest.mark.parametrize("sign", BREAKS)
@pytest.mark.parametrize("field", ["sender", "subject", "reply_to"])
def test_a_mail_with_a_header_of_two_lines_can_not_be_made(field: str, sign: str) -> None:
    with pytest.raises(HeaderError):
        a_mail(**{field: f"a{sign}Bcc: b@c.example"})


@pytest.mark.parametrize("headers", [{"X": "a\nBcc: b"}, {"X\r\nBcc": "b"}])
def test_a_mail_with_a_further_header_of_two_lines_can_not_be_made(headers: dict[str, str]) -> None:
    with pytest.raises(HeaderError):
        Mail("a@b.example", "s", "t", "h", headers=headers)


@given(SIGNS)
def test_whatever_a_name_or_subject_holds_it_makes_a_header(text: str) -> None:
    a_mail(subject=one_line(text), sender=named(text, "a@b.example"))


def a_file_with(key: str, value: str) -> str:
    return "\n".join(f"{key} = {value}" if line.startswith(f"{key} =") else line for line in TOML)


def test_a_name_in_newsletter_toml_is_read_as_one_line() -> None:
    assert read_newsletter(a_file_with("name", r'"a\u0081b\n\r c"')).name == "ab c"


@pytest.mark.parametrize("key", ["sender", "reply_to"])
def test_an_address_of_newsletter_toml_brings_no_further_header(key: str) -> None:
    with pytest.raises(NewsletterFileError, match="newsletter-address"):
        read_newsletter(a_file_with(key, r'"a@b.example\r\nBcc: c@d.example"'))


TOML = NEWSLETTER_TOML.split("\n")
