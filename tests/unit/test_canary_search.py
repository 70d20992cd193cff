"""The search of the canary test finds a word in every spelling and within any text."""

import base64
import hashlib
import html
import json
import quopri
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from local.ses.identities import Identity
from local.system import LocalSystem
from tests.canary import Searcher, files
from tests.fakes.ses import SINGLE, EmulatedSES, a_single

WORD = "kqzvxwjpbnfh"
CYRILLIC = "жъщюканарка"
ADDRESS = f"Ann.{WORD}@readers.test"


def searched(content: bytes, *canaries: str) -> list[str]:
    return [finding.spelling for finding in Searcher(canaries or [WORD]).search([("file a", content)])]


@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: text.title().encode(),
        lambda text: text[::-1].encode(),
        lambda text: quote(text).encode(),
        lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
        lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())).encode(),
        lambda text: "".join(f"={byte:02X}" for byte in text.encode()).encode(),
        lambda text: quopri.encodestring(text.encode()),
        lambda text: quopri.encodestring(b"x" * 66 + text.encode()),  # broken within the word
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: "".join(f"\\u{ord(letter):04X}" for letter in text).encode(),
        lambda text: json.dumps(json.dumps("".join(f"\\u{ord(letter):04x}" for letter in text))).encode(),
        lambda text: "".join(f"&#{ord(letter)};" for letter in text).encode(),
        lambda text: html.escape(text).encode(),
        lambda text: text.encode("utf-16"),
        *(lambda text, n=n: base64.b64encode(b"x" * n + text.encode()) for n in range(4)),
        *(
            lambda text, n=n: base64.urlsafe_b64encode(b"\xff" * n + text.encode() + b"\xfe")
            for n in range(4)
        ),
        lambda text: base64.b64encode(text.upper().encode()),
    ],
)
def test_it_finds_an_address_in_every_spelling(encode: Callable[[str], bytes]) -> None:
    assert searched(b"before " + encode(ADDRESS) + b" after")


@pytest.mark.parametrize(
    "encode",
    [
        str.encode,
        lambda text: text.encode("idna"),
        lambda text: quote(text).encode(),
        lambda text: json.dumps(text).encode(),
        lambda text: base64.b64encode(b"yy" + text.encode()),
        lambda text: text.upper().encode(),
    ],
)
def test_it_finds_letters_that_are_not_ascii(encode: Callable[[str], bytes]) -> None:
    assert searched(b"before " + encode(CYRILLIC) + b" after", CYRILLIC)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
def test_it_finds_hashes_that_guessing_would_open(name: str) -> None:
    digest = hashlib.new(name, ADDRESS.encode()).digest()
    searcher = Searcher([], [ADDRESS])
    for content in (digest, digest.hex().encode(), base64.b64encode(digest), digest.hex().upper().encode()):
        assert searcher.search([("file a", b"x" + content)])


def test_it_finds_a_word_in_a_name() -> None:
    assert Searcher([WORD]).search([(f"object bucket/{WORD}.txt", b"")])


def test_it_finds_nothing_where_there_is_nothing() -> None:
    other = "kqzvxwjpbnf"  # one character less
    assert (
        searched(f"{other} {base64.b64encode(other.encode()).decode()} {other.encode().hex()}".encode()) == []
    )


@pytest.mark.parametrize(("forwards", "places"), [(True, {"mail", "mail-to-us"}), (False, {"mail"})])
def test_a_bounce_that_is_forwarded_to_the_newsletters_mailbox_is_distinguished_from_a_mail_to_the_reader(
    tmp_path: Path,
    forwards: bool,  # noqa: FBT001  # a column
    places: set[str],
) -> None:
    """What goes to readers may hold their address; what comes to us may not, and no exception covers it."""
    ours = "ninthbridge.example.org"
    ses = EmulatedSES(tmp_path, declared={ours: Identity(ours, forwards_feedback=forwards)})
    call = a_single(f"bounce+{WORD}@simulator.amazonses.com", FromEmailAddress=f"letter@{ours}")
    assert ses.client.post(SINGLE, json=call).status_code == 200

    found = Searcher([WORD]).search(files(LocalSystem(tmp_path)))

    assert {finding.where.removeprefix("file ").split("/")[0] for finding in found} == places
