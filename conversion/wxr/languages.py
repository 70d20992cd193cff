"""In which language a post is, and which posts are one piece in several, as three kinds of plugins keep it.

Polylang uses taxonomies: `language` (a term's description is a PHP array with the locale) and
`post_translations` (a term for each group, named `pll_...`). WPML has a table of its own, which exports lack;
its add-on for exports writes `_wpml_import_language_code` and `_wpml_import_translation_group` as custom
fields, and its copies have `_icl_lang_duplicate_of`; without these, addresses tell (`/be/...`, `?lang=be`).
qTranslate and its successors keep all languages in one text: `[:en]A bridge[:be]Мост[:]`,
`<!--:en-->A bridge<!--:-->`.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from conversion.languages import language_code
from conversion.wxr.records import Record

_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})?", re.IGNORECASE)
_IN_PATH = re.compile(r"/([a-z]{2}(?:-[a-z]{2,4})?)(?:/|$)")
_LOCALE = re.compile(r'"locale";s:\d+:"([A-Za-z]{2,3})(?:[_-]([A-Za-z0-9]+))?')
_SHORT = {"bel": "be", "kir": "ky", "oci": "oc", "tuk": "tk"}  # locales of WordPress with three letters
_MARK = re.compile(r"\[:(?P<a>[a-z]{2})?\]|\{:(?P<b>[a-z]{2})?\}|<!--:(?P<c>[a-z]{2})?-->", re.IGNORECASE)
_SIGNS = ("[:", "{:", "<!--:")
_WPML_LANGUAGE = ("_wpml_import_language_code", "_icl_lang_code", "wpml_language", "_wpml_language")
_WPML_GROUP = ("_wpml_import_translation_group", "_wpml_trid", "_icl_trid", "trid", "_trid")
_WPML_DUPLICATE = "_icl_lang_duplicate_of"


def code_of_term(record: Record) -> str:
    """The code of a Polylang language: of its locale, as a term may be called `by` and mean `be_BY`."""
    locale = _LOCALE.search(record.text("wp:term_description"))
    slug = record.text("wp:term_slug").lower()
    code = locale[1].lower() if locale else ""
    code = _SHORT.get(code, code)
    return slug if slug.startswith(code) else code


def uses_wpml(record: Record) -> bool:
    """Whether WPML left its marks on an item."""
    return any(key.startswith(("_wpml_", "_icl_")) for key in record.meta)


def language_of(record: Record, codes: dict[str, str], *, by_address: bool) -> str:
    """A code such as `be`, "" if nothing tells; `codes` are Polylang's languages by slug."""
    for term in record.terms:
        if term.domain == "language" and _CODE.fullmatch(term.slug):
            return codes.get(term.slug, term.slug).lower().replace("_", "-")
    for key in _WPML_LANGUAGE:
        if _CODE.fullmatch(record.first(key)):
            return record.first(key).lower().replace("_", "-")
    return language_in(record.text("link")) if by_address else ""


def language_in(address: str) -> str:
    """The language that an address names: `/be/...` or `?lang=be`."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    asked = parse_qs(parts.query).get("lang", [""])[0].lower()
    in_path = _IN_PATH.match(parts.path)
    named = (asked, in_path[1] if in_path else "")
    return next((code for code in named if language_code(code.partition("-")[0])), "")


def part_of_addresses(record: Record, language: str) -> str:
    """What stands for a post's language in addresses: `by` in `/by/...`, if Polylang calls it so."""
    return next((term.slug for term in record.terms if term.domain == "language" and term.slug), language)


def translations_of(record: Record) -> str:
    """What all languages of a piece have in common, "" for a piece in one."""
    for term in record.terms:
        if term.domain == "post_translations":
            return term.slug
    for key in _WPML_GROUP:
        if record.first(key):
            return f"wpml-{record.first(key)}"
    return ""


def duplicate_of(record: Record) -> str:
    """The id of the post that WPML copied."""
    return record.first(_WPML_DUPLICATE)


def languages_in(*texts: str) -> tuple[str, ...]:
    """The languages that are marked in texts, in their order."""
    marked = (text for text in texts if any(sign in text for sign in _SIGNS))
    found = (_language(mark) for text in marked for mark in _MARK.finditer(text))
    return tuple(dict.fromkeys(code for code in found if language_code(code)))


def in_language(text: str, language: str) -> str:
    """What of a text is in a language or in all; the text as it is for ""."""
    if not language or not any(sign in text for sign in _SIGNS):
        return text
    return "".join(part for code, part in _parts(text) if code in {"", language})


def _parts(text: str) -> Iterator[tuple[str, str]]:
    at, code = 0, ""
    for mark in _MARK.finditer(text):
        yield code, text[at : mark.start()]
        at, code = mark.end(), _language(mark)
    yield code, text[at:]


def _language(mark: re.Match[str]) -> str:
    return (mark["a"] or mark["b"] or mark["c"] or "").lower()
