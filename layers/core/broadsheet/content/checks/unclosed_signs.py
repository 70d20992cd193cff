"""Characters that open an emphasis, code or a link that is never closed, and are shown as typed.

A star before a note (`* prices of 2016`, `*prices`) or after a word (`10*`) is a note mark, as in print; an
underscore or a backtick within a word (`snake_case`, `сем`я`) belongs to the word.
"""

import re
from collections.abc import Iterable

from broadsheet.content.checks.typed_words import TypedWords
from broadsheet.content.findings import Findings

_LONGEST_SHOWN = 40
_SIGNS = re.compile(r"[*_`~\[]")  # faster to search than the patterns below
_OPENED = re.compile(
    r"(?<![\w*\\/.@#\x00-])\*(?=[^\W\d_])"
    r"|(?<![\w_\\/.@#\x00-])_(?=[^\W\d_])"
    r"|(?<![\w`\\\x00])`(?=\w)(?![^`\n]{0,80}?['’´‘])"  # `so' is an old way to quote
    r"|(?<![\w~\\\x00])~~(?=\w)"
)
_NOTE_MARK = re.compile(r"[^\s*]\*(?![\w*])")
_LINK = re.compile(r"(?<!!)\[[^\[\]]{1,300}\]\((?:https?:|www\.|mailto:)[^()\s]{1,500}(?![^()]{0,500}\))")


def check_unclosed_signs(found: Findings, typed: Iterable[TypedWords]) -> None:
    """Warn of a character that opens what its line does not close, and of a link without its last bracket."""
    all_words = [words for words in typed if _SIGNS.search(words.text)]
    has_note = any(_NOTE_MARK.search(words.text) for words in all_words)
    for words in all_words:
        for sign in _OPENED.finditer(words.text):
            is_note = sign[0] == "*" and has_note and not words.text[: sign.start()].strip()
            if not is_note:
                shown = words.text[sign.start() :][:_LONGEST_SHOWN].split("\n")[0]
                found.warn(words.line(sign.start()), "sign-left", text=shown, sign=sign[0])
        for link in _LINK.finditer(words.text):
            found.warn(words.line(link.start()), "link-unclosed", text=link[0][:120])
