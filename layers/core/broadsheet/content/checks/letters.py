"""Checks by letters: a text in the edition of another language, and letters of the wrong alphabet.

No model and no dictionary: Russian has и and щ, Belarusian і and ў, Ukrainian ї and є; Latin, Cyrillic and
Chinese letters are told apart by their code points. Too few letters tell nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from broadsheet.content.findings import Findings
from broadsheet.content.issue import Commentary, Issue
from broadsheet.content.markdown import Node

FEWEST_LETTERS = 40
FEWEST_CERTAIN = 200
_SCRIPTS = {
    **dict.fromkeys(("be", "ru", "uk", "bg", "mk", "kk", "ky", "tg", "mn"), "cyrillic"),
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "nb", "no", "is"), "latin"),
    **dict.fromkeys(("pl", "cs", "sk", "lt", "lv", "et", "hu", "ro", "hr", "sl", "sq", "tr", "id"), "latin"),
    **dict.fromkeys(("zh", "ja", "ko"), "cjk"),
}
_OF_SCRIPT = {
    "latin": (("A", "Z"), ("a", "z"), ("\u00c0", "\u024f")),
    "cyrillic": (("\u0400", "\u04ff"),),
    "cjk": (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af")),
}
_SAMPLE = 6_000  # letters are as telling as all of them
_TELLING = {"be": "іў", "ru": "ищъ", "uk": "їєґ"}
_NAMES = {"be": "belarusian", "ru": "russian", "uk": "ukrainian"}
_CLEARLY = 4
_FEWEST_TELLING = 4
_LATIN, _CYRILLIC = "aceiopxyABCEHIKMOPSTXYj", "асеіорхуАВСЕНІКМОРЅТХУј"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_MAYBE_MIXED = re.compile(r"[A-Za-z][\u0400-\u04ff ]|[\u0400-\u04ff][A-Za-z]")
_WORD = re.compile(r"[A-Za-z\u0400-\u04ff]{2,}")
_ALONE = re.compile(r"(?<=[\u0430-\u045f] )[aciouy](?= [\u0400-\u045f])")
_ADDRESS = re.compile(r"\S*(?:https?://|www\.|@)\S*")


def check_letters(found: Findings, issue: Issue, language: str) -> None:
    """Find a text of another language than its edition's, and words of mixed alphabets."""
    pieces = [(piece.line, _words_of(piece)) for piece in issue.commentaries]
    intro = _plain(issue.intro)
    whole = " ".join([issue.title, issue.summary, intro, *(words for _, words in pieces)])
    wrong, is_certain = _other_language(whole, language)
    if wrong:
        (found.strict if is_certain else found.warn)(1, wrong, edition=issue.edition)
    else:
        for line, words in pieces:
            wrong, is_certain = _other_language(words, language)
            if wrong and is_certain:
                found.warn(line, wrong, edition=issue.edition)
    _check_mixed(found, 1, f"{issue.title} {issue.summary}")
    for block in [*issue.intro, *(block for piece in issue.commentaries for block in piece.blocks)]:
        for node in block.walk():
            if node.kind == "text":
                _check_mixed(found, node.line, node.text)
    for piece in issue.commentaries:
        _check_mixed(found, piece.line, piece.headline)


def _words_of(piece: Commentary) -> str:
    return f"{piece.headline} {_plain(piece.blocks)}"


def _plain(blocks: Iterable[Node]) -> str:
    return " ".join(block.plain() for block in blocks if block.kind != "code-block")


def _other_language(text: str, language: str) -> tuple[str, bool]:
    """The rule by which the text is in another language, or ""; and whether that is certain."""
    signs = Counter(text[:_SAMPLE].casefold())
    counts = dict.fromkeys(_OF_SCRIPT, 0)
    for sign, count in signs.items():
        if script := _script_of(sign):
            counts[script] += count
    letters = sum(counts.values())
    expected = _SCRIPTS.get(language)
    if not expected or letters < FEWEST_LETTERS:
        return "", False
    most = max(counts, key=lambda script: counts[script])
    if most != expected and counts[most] > 2 * counts[expected]:
        return f"script-{most}", letters >= FEWEST_CERTAIN
    told = _slavic(signs) if language in _TELLING else ""
    return (
        (f"language-{_NAMES[told]}", letters >= FEWEST_CERTAIN) if told not in ("", language) else ("", False)
    )


@lru_cache(maxsize=4_096)
def _script_of(sign: str) -> str:
    """The script of a letter; "" for another sign."""
    scripts = _OF_SCRIPT.items()
    return next((name for name, ranges in scripts if any(a <= sign <= b for a, b in ranges)), "")


def _slavic(counts: Counter[str]) -> str:
    """be, ru or uk, if the letters are clear; else ""."""
    telling = {code: sum(counts[letter] for letter in letters) for code, letters in _TELLING.items()}
    if telling["uk"] >= _FEWEST_TELLING and telling["uk"] > _CLEARLY * (
        counts["ы"] + counts["э"] + counts["ў"]
    ):
        return "uk"
    first, second = ("be", "ru") if telling["be"] > telling["ru"] else ("ru", "be")
    is_clear = telling[first] >= _FEWEST_TELLING and telling[first] >= _CLEARLY * telling[second]
    return first if is_clear else ""


def _check_mixed(found: Findings, line: int, text: str) -> None:
    """Warn of words in which a letter only looks as if it belonged there."""
    if text.isascii() or not _MAYBE_MIXED.search(text):
        return
    text = _ADDRESS.sub(" ", text) if "//" in text or "@" in text or "www." in text else text
    for word in _WORD.findall(text):
        mended = _mended(word)
        if mended and mended != word:
            found.warn(line, "mixed-letters", word=word, mended=mended)
    for alone in _ALONE.finditer(text):
        found.warn(line, "mixed-letters", word=alone[0], mended=alone[0].translate(_TO_CYRILLIC))


def _mended(word: str) -> str:
    """The word in the alphabet of most of its letters; "" if the others do not merely look alike."""
    latin = [letter for letter in word if letter < "\u0400"]
    cyrillic = len(word) - len(latin)
    if not latin or not cyrillic:
        return ""
    if len(latin) <= cyrillic:
        return word.translate(_TO_CYRILLIC) if all(letter in _LATIN for letter in latin) else ""
    return word.translate(_TO_LATIN) if all(sign in _CYRILLIC for sign in word if sign >= "\u0400") else ""
