"""Headers of mails are one line each, with any value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.mail import HeaderError, Mail, named, one_line
from broadsheet.newsletter import NewsletterFileError, read_newsletter
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


@pytest.mark.parametrize("key", ["name", "sender", "reply_to", "accent"])
def test_a_value_of_newsletter_toml_that_is_one_line_is_read_as_one(key: str) -> None:
    lines = [f'{key} = "a\\u0081b\\n\\r c"' if line.startswith(f"{key} =") else line for line in TOML]
    assert getattr(read_newsletter("\n".join(lines)), key) == "ab c"


@pytest.mark.parametrize(
    "origin", ["javascript:x", "news.example.org", "https://", 'https://a"b', "ftp://a.b"]
)
def test_an_origin_that_is_no_web_address_is_refused_with_what_to_write(origin: str) -> None:
    lines = [f"origin = '{origin}'" if line.startswith("origin =") else line for line in TOML]
    with pytest.raises(NewsletterFileError, match="write one like"):
        read_newsletter("\n".join(lines))


TOML = NEWSLETTER_TOML.split("\n")
