"""Signs that begin an emphasis, a listing or a link and are never closed: they stay in the words as typed.

A star at the beginning of a note (`* prices of 2016`, `*prices`) and behind a word (`10*`) is the printers',
an underscore or a backtick within a word (`snake_case`, `сем`я`) is part of it.
"""

import re
from collections.abc import Iterable

from broadsheet.content.checks.typed_words import Words
from broadsheet.content.findings import Findings

_LONGEST_SHOWN = 40
_SIGNS = re.compile(r"[*_`~\[]")  # quick to look for
_OPENED = re.compile(
    r"(?<![\w*\\/.@#\x00-])\*(?=[^\W\d_])"
    r"|(?<![\w_\\/.@#\x00-])_(?=[^\W\d_])"
    r"|(?<![\w`\\\x00])`(?=\w)(?![^`\n]{0,80}?['’´‘])"  # `so' is an old way to quote
    r"|(?<![\w~\\\x00])~~(?=\w)"
)
_STARRED = re.compile(r"[^\s*]\*(?![\w*])")
_LINK = re.compile(
    r"(?P<sign>!?)\[[^\[\]]{1,300}\]\((?P<target>(?:https?:|www\.|mailto:|images/)[^()\s]{1,500})(?![^()]{0,500}\))"
)


def check_unclosed_signs(found: Findings, read: Iterable[Words]) -> None:
    """Warn of a sign that begins something in a line and has no end, and of a link without its bracket."""
    all_words = [words for words in read if _SIGNS.search(words.text)]
    has_note = any(_STARRED.search(words.text) for words in all_words)
    for words in all_words:
        for sign in _OPENED.finditer(words.text):
            is_note = sign[0] == "*" and has_note and not words.text[: sign.start()].strip()
            if not is_note:
                shown = words.text[sign.start() :][:_LONGEST_SHOWN].split("\n")[0]
                found.warn(words.line(sign.start()), "sign-left", text=shown, sign=sign[0])
        for link in _LINK.finditer(words.text):
            found.warn(words.line(link.start()), "link-unclosed", text=link[0][:120])
