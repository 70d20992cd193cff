"""There is one list of invisible characters, from which each parser takes its groups."""

import re
import sys
import unicodedata

import pytest

from broadsheet import characters, link_targets
from broadsheet.characters import (
    EMPTY,
    TURNING,
    UNSEEN,
    printable,
    refuse_control,
    without_control,
    without_hidden,
    without_unseen,
)
from broadsheet.content.decode import decoded
from broadsheet.content.findings import Findings
from tests.builders import ROOT

CODE = [*(ROOT / "layers").rglob("*.py"), *(ROOT / "cli").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
ESCAPED = re.compile(r"\\u(?:200[b-f]|20[26][a-e]|feff|2060|fe0f)", re.IGNORECASE)
MAY = {  # what names such a sign for itself
    "characters.py": "the list",
    "compose.py": "the padding that a mail program shows behind a summary",
}


EVERY_SIGN = "".join(map(chr, range(0xE01F0)))


def signs(group: str) -> list[str]:
    found: list[str] = re.findall(f"[{group}]", EVERY_SIGN)
    return found


def test_no_other_module_has_a_list_of_its_own() -> None:
    own = {file.name for file in CODE if ESCAPED.search(file.read_text(encoding="utf-8"))}

    assert own == set(MAY)


def test_the_list_has_every_format_character() -> None:
    formats = [chr(code) for code in range(0x20, 0xFFFF) if unicodedata.category(chr(code)) == "Cf"]
    shown = (
        "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"  # marks of numbers and verses
    )
    kept_apart = "\ufff9\ufffa\ufffb"  # around words above words

    assert [hex(ord(one)) for one in formats if without_unseen(one) and one not in shown + kept_apart] == []


@pytest.mark.parametrize("sign", signs(EMPTY))
def test_zero_width_characters_are_removed_from_texts_addresses_and_schemes(sign: str) -> None:
    assert decoded(Findings("en.md"), f"a{sign}b".encode()) == "ab"
    assert without_unseen(f"a{sign}b") == "ab"
    assert link_targets.scheme_of(f"java{sign}script:x") == "javascript"


@pytest.mark.parametrize("sign", signs(TURNING))
def test_bidi_control_characters_reach_no_terminal_and_hide_no_scheme(sign: str) -> None:
    assert printable(sign) == "\ufffd"
    assert link_targets.scheme_of(f"java{sign}script:x") == "javascript"


def test_prose_keeps_joiners_of_letters_and_emoji() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f mo\xadther"

    assert decoded(Findings("en.md"), family.encode()) == family
    assert without_unseen(family) == "\U0001f468\U0001f469\U0001f467 \u2764 mother"


def test_the_groups_of_the_list_do_not_overlap() -> None:
    groups = [
        characters.EMPTY,
        characters.TURNING,
        characters.LEANING,
        characters.JOINERS,
        characters.CHOOSING,
    ]
    found = [sign for group in [*groups, characters.PARTING, characters.FILLING] for sign in signs(group)]

    assert sorted(found) == sorted(signs(UNSEEN))
    assert len(found) == len(set(found))


def test_no_control_or_hidden_character_counts_as_printable() -> None:
    """Printable texts are not searched for them; after a line end, they are."""
    shown = "".join(each for each in map(chr, range(sys.maxunicode + 1)) if each.isprintable())
    assert without_control(f"\n{shown}") == without_hidden(f"\n{shown}") == f"\n{shown}"
    assert refuse_control(f"\n{shown}") == f"\n{shown}"
