"""Which of the newsletter's languages a few foreign words are in, as far as their letters tell.

A caption or a quotation is often in another language than the page; screen readers and hyphenation need to
know. Letters tell Latin from Cyrillic, and Belarusian from Russian; of other pairs nothing is said.
"""

import re
from collections.abc import Collection

from broadsheet.language import language

_CYRILLIC = re.compile("[а-яёіўґєї]", re.IGNORECASE)
_LATIN = re.compile("[a-zà-ž]", re.IGNORECASE)
_IN_CYRILLIC = ("be", "ru", "uk", "bg", "sr", "mk")


def foreign_language(words: str, own: str, others: Collection[str]) -> str:
    """The code of the language, if it is surely another one than `own`; else nothing."""
    cyrillic, latin = len(_CYRILLIC.findall(words)), len(_LATIN.findall(words))
    if cyrillic == latin:
        return ""
    in_cyrillic = cyrillic > latin
    same_script = [code for code in others if _is_cyrillic(code) == in_cyrillic]
    if _is_cyrillic(own) != in_cyrillic and len(same_script) == 1:
        return same_script[0]
    letters = set(words.lower())
    signs = {code for code in same_script if letters.intersection(language(code).own_letters)}
    return signs.pop() if len(signs) == 1 and own not in signs else ""


def _is_cyrillic(code: str) -> bool:
    return code.split("-", maxsplit=1)[0] in _IN_CYRILLIC
