"""Which language a tag names, as sites with several languages mark their posts."""

import re

_SECOND_LETTERS = {  # of the codes of ISO 639-1, by the first
    "a": "abefkmnrsvyz",
    "b": "aeghimnors",
    "c": "aehorsuvy",
    "d": "aevz",
    "e": "elnostu",
    "f": "afijory",
    "g": "adlnuv",
    "h": "aeiortuyz",
    "i": "adegikostu",
    "j": "av",
    "k": "agijklmnorsuvwy",
    "l": "abginotuv",
    "m": "ghiklnrsty",
    "n": "abdeglnorvy",
    "o": "cjmrs",
    "p": "ailst",
    "q": "u",
    "r": "mnouw",
    "s": "acdegiklmnoqrstuvw",
    "t": "aeghiklnorstwy",
    "u": "gkrz",
    "v": "eio",
    "w": "ao",
    "x": "h",
    "y": "io",
    "z": "ahu",
}
_OWN_NAMES = {  # of the languages in their own words, as no topic is called
    "english": "en",
    "беларуская": "be",
    "па-беларуску": "be",
    "русский": "ru",
    "по-русски": "ru",
    "українська": "uk",
    "polski": "pl",
    "po polsku": "pl",
    "deutsch": "de",
    "français": "fr",
    "español": "es",
    "italiano": "it",
    "português": "pt",
    "lietuvių": "lt",
    "latviešu": "lv",
    "eesti": "et",
    "română": "ro",
    "čeština": "cs",
    "slovenčina": "sk",
    "magyar": "hu",
    "български": "bg",
    "српски": "sr",
    "ქართული": "ka",
    "հայերեն": "hy",
    "қазақша": "kk",
}
_CODE = re.compile(r"([a-z]{2})(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_MARKED = re.compile(r"(?:lang|language|locale)[-_: ]{1,3}(.{1,20})", re.IGNORECASE)


def language_code(text: str) -> str:
    """The language of a code like `be`, `en-GB`, `en_US`; "" if it is none."""
    found = _CODE.fullmatch(text.strip())
    code = found[1].lower() if found else ""
    return code if code and code[1] in _SECOND_LETTERS.get(code[0], "") else ""


def language_of_tag(name: str, *, internal: bool) -> str:
    """The language that a tag names; "" if it names none.

    A tag that readers saw is one only if it is a bare code in small letters, or the language's own name:
    “IT”, “UK” and “EU” are topics.
    """
    text = name.strip().removeprefix("#").strip()
    if marked := _MARKED.fullmatch(text):
        return language_code(marked[1])
    if (internal or text == text.lower()) and (code := language_code(text)):
        return code
    return _OWN_NAMES.get(text.casefold(), "")
