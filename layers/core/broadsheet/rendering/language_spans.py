"""The language of a few foreign words, as far as their letters show it.

Captions and quotations are often in another language than the page; screen readers and hyphenation need to
know it. Letters distinguish Latin from Cyrillic, and Belarusian from Russian, but not all languages.
"""

import re
from collections.abc import Collection

from broadsheet.language import language

_CYRILLIC = re.compile("[а-яёіўґєї]", re.IGNORECASE)
_LATIN = re.compile("[a-zà-ž]", re.IGNORECASE)
_IN_CYRILLIC = ("be", "ru", "uk", "bg", "sr", "mk")


def foreign_language(words: str, own: str, others: Collection[str]) -> str:
    """The code of the words' language, if it is certainly another one than `own`; else ""."""
    cyrillic, latin = len(_CYRILLIC.findall(words)), len(_LATIN.findall(words))
    if cyrillic == latin:
        return ""
    in_cyrillic = cyrillic > latin
    same_script = [code for code in others if _is_cyrillic(code) == in_cyrillic]
    if _is_cyrillic(own) != in_cyrillic and len(same_script) == 1:
        return same_script[0]
    letters = set(words.lower())
    matching = {code for code in same_script if letters.intersection(language(code).own_letters)}
    return matching.pop() if len(matching) == 1 and own not in matching else ""


def _is_cyrillic(code: str) -> bool:
    return code.split("-", maxsplit=1)[0] in _IN_CYRILLIC
