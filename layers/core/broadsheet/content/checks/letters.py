"""Checks of letters: a text in another language than its edition's, and letters of the wrong alphabet.

Languages are recognised by their own letters (Russian и and щ, Belarusian і and ў, Ukrainian ї and є) and
scripts by their code points. Too few letters prove nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from string import ascii_letters

from broadsheet.content.findings import Findings
from broadsheet.content.issue import Issue
from broadsheet.content.node import Node, nodes_of

FEWEST_LETTERS = 40
FEWEST_CERTAIN = 200
_SCRIPTS = {
    **dict.fromkeys(("be", "ru", "uk", "bg", "mk", "kk", "ky", "tg", "mn"), "cyrillic"),
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "nb", "no", "is"), "latin"),
    **dict.fromkeys(("pl", "cs", "sk", "lt", "lv", "et", "hu", "ro", "hr", "sl", "sq", "tr", "id"), "latin"),
    **dict.fromkeys(("zh", "ja", "ko"), "cjk"),
}
_RANGES = {
    "latin": (("A", "Z"), ("a", "z"), ("\u00c0", "\u024f")),
    "cyrillic": (("\u0400", "\u04ff"),),
    "cjk": (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af")),
}
_LETTER_BYTES = {"latin": ascii_letters.encode(), "cyrillic": b"\xd0\xd1\xd2\xd3"}  # one a letter in UTF-8
_SAMPLE = 6_000  # letters that are counted
_OWN_LETTERS = {"be": "іў", "ru": "ищъ", "uk": "їєґ"}
_NAMES = {"be": "belarusian", "ru": "russian", "uk": "ukrainian"}
_CLEAR_RATIO = 4
_FEWEST_OWN = 4
_LATIN, _CYRILLIC = "aceiopxyABCEHIKMOPSTXYj", "асеіорхуАВСЕНІКМОРЅТХУј"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_MAYBE_MIXED = re.compile(r"[A-Za-z](?:[\u0400-\u04ff ]|(?<=[\u0400-\u04ff].))")
_WORD = re.compile(r"[A-Za-z\u0400-\u04ff]{2,}")
_SINGLE_LETTER = re.compile(r"(?<=[\u0430-\u045f] )[aciouy](?= [\u0400-\u045f])")
_ADDRESS = re.compile(r"\S*(?:https?://|www\.|@)\S*")


def check_letters(found: Findings, issue: Issue, language: str) -> None:
    """Report a text in another language than its edition's, and words of mixed alphabets."""
    pieces = [(piece.line, f"{piece.headline} {_plain(piece.blocks)}") for piece in issue.commentaries]
    whole = " ".join([issue.title, issue.summary, _plain(issue.intro), *(words for _, words in pieces)])
    wrong, is_certain = _other_language(whole, language)
    if wrong:
        (found.strict if is_certain else found.warn)(1, wrong, edition=issue.edition)
    else:
        for line, words in pieces:
            wrong, is_certain = _other_language(words, language)
            if wrong and is_certain:
                found.warn(line, wrong, edition=issue.edition)
    _check_mixed(found, 1, f"{issue.title} {issue.summary}")
    for node in nodes_of(issue.blocks(), "text"):
        _check_mixed(found, node.line, node.text)
    for piece in issue.commentaries:
        _check_mixed(found, piece.line, piece.headline)


def _plain(blocks: Iterable[Node]) -> str:
    return " ".join(block.plain() for block in blocks if block.kind != "code-block")


def _other_language(text: str, language: str) -> tuple[str, bool]:
    """The rule for a text in another language, or "", and whether that is certain."""
    text = text[:_SAMPLE].casefold()
    expected = _SCRIPTS.get(language, "")
    slavic = _slavic_language(text) if language in _OWN_LETTERS else ""
    if slavic in ("", language) and _is_in(expected, text):
        return "", False
    counts = dict.fromkeys(_RANGES, 0)
    for character, count in Counter(text).items():
        if script := _script_of(character):
            counts[script] += count
    letters = sum(counts.values())
    if not expected or letters < FEWEST_LETTERS:
        return "", False
    most = max(counts, key=lambda script: counts[script])
    if most != expected and counts[most] > 2 * counts[expected]:
        return f"script-{most}", letters >= FEWEST_CERTAIN
    if slavic in ("", language):
        return "", False
    return f"language-{_NAMES[slavic]}", letters >= FEWEST_CERTAIN


def _is_in(script: str, text: str) -> bool:
    """Whether so many characters are letters of the script that no other can have twice as many."""
    encoded = text.encode("utf-8", "replace")
    return 3 * (len(encoded) - len(encoded.translate(None, _LETTER_BYTES.get(script, b"")))) >= len(text)


@lru_cache(maxsize=4_096)
def _script_of(character: str) -> str:
    """The script of a letter; "" for another character."""
    scripts = _RANGES.items()
    return next((name for name, ranges in scripts if any(a <= character <= b for a, b in ranges)), "")


def _slavic_language(text: str) -> str:
    """be, ru or uk; "" if the letters are not clear."""
    own = {code: sum(map(text.count, letters)) for code, letters in _OWN_LETTERS.items()}
    not_ukrainian = sum(map(text.count, "ыэў"))
    if own["uk"] >= _FEWEST_OWN and own["uk"] > _CLEAR_RATIO * not_ukrainian:
        return "uk"
    first, second = ("be", "ru") if own["be"] > own["ru"] else ("ru", "be")
    is_clear = own[first] >= _FEWEST_OWN and own[first] >= _CLEAR_RATIO * own[second]
    return first if is_clear else ""


def _check_mixed(found: Findings, line: int, text: str) -> None:
    if text.isascii() or not _MAYBE_MIXED.search(text):
        return
    text = _ADDRESS.sub(" ", text) if "//" in text or "@" in text or "www." in text else text
    for word in _WORD.findall(text):
        corrected = _corrected(word)
        if corrected and corrected != word:
            found.warn(line, "mixed-letters", word=word, mended=corrected)
    for single in _SINGLE_LETTER.finditer(text):
        found.warn(line, "mixed-letters", word=single[0], mended=single[0].translate(_TO_CYRILLIC))


def _corrected(word: str) -> str:
    """The word in the alphabet of most of its letters; "" if the other letters look different."""
    latin = [letter for letter in word if letter < "\u0400"]
    cyrillic = len(word) - len(latin)
    if not latin or not cyrillic:
        return ""
    if len(latin) <= cyrillic:
        return word.translate(_TO_CYRILLIC) if all(letter in _LATIN for letter in latin) else ""
    return (
        word.translate(_TO_LATIN) if all(letter in _CYRILLIC for letter in word if letter >= "\u0400") else ""
    )
