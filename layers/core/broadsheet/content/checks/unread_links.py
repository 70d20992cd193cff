"""Pictures and links that were typed nearly right, so that readers would see their signs.

A picture stops the file, since a page would show its name in place of it; a link is warned of.
"""

import re
from collections.abc import Iterable, Iterator

from broadsheet.content.checks.typed_words import CODE, TypedWords
from broadsheet.content.findings import Findings
from broadsheet.content.node import Node
from broadsheet.content.picture_targets import PICTURE_ENDINGS

_LONGEST_SHOWN = 120
_FARTHEST = 700  # characters from the signs of a picture to the end of its file's name
_HINTS = re.compile(
    r"\[|\]|\{|!|<|/(?<=images/)|\\(?<=images\\)", re.IGNORECASE
)  # faster to search than the patterns below: each begins with a sign
_ENDING = re.compile(rf"{PICTURE_ENDINGS}(?!\w)", re.IGNORECASE)
_BEFORE_A_FILE = re.compile(
    r"!\s?\[|!\("  # ![Alt](…, ! [Alt] (…, ![Alt]name.jpg, ![[name.jpg]], !(Alt)[…
    r"|\]!?\s?[({\[](?!https?:|www\.|mailto:)"  # [Alt] (…, Alt](…
    r"|(?<![\w/.:-])(?:\./)?images[/\\]",  # the name alone
    re.IGNORECASE,
)
_PICTURE = re.compile(
    r"!\[(?:[^\[\]\n]|\[[^\[\]\n]{0,100}\]){0,400}\]\("  # with anything that was not read behind it
    r"|^!\[(?!\d{1,4}\]|…|\.\.\.)[^\[\]\n]{1,400}\]$"
    r"|!\[[^\[\]\n]{0,400}\]\[[^\[\]\n]{1,300}\]"
    r"|<img\b",
    re.IGNORECASE | re.MULTILINE,
)
_WEB = r"(?:https?:|www\.|mailto:)"
_LINK = re.compile(
    rf"\[(?!\d{{1,4}}\])[^\[\]\n]{{1,300}}\](?:\s\(|[ \t]?[{{<]|(?=http)){_WEB}"  # [words] (https://…
    rf"|\([^()\n]{{1,300}}\)[ \t]?\[{_WEB}"  # (words)[https://…
    rf"|\{{[^{{}}\n]{{1,300}}\}}\({_WEB}"  # {{words}}(https://…
    rf"|\[[^\[\]()\n]{{1,300}}\({_WEB}[^\s()\]]*\)(?![^\n]{{0,500}}\])"  # [words(https://…)
    rf"|^[^\[\n]{{1,300}}\]\({_WEB}"  # words](https://…
    rf"|\[[^\[\]\n]{{1,300}}\]\(#[^)\n]* [^)\n]*\)"  # [words](#two words)
    rf"|<{_WEB}",
    re.IGNORECASE | re.MULTILINE,
)
_HTML = re.compile(r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>\n]{0,100}=[\s\"'“”«»]|\s*/?>)", re.IGNORECASE)
_PICTURE_URL = re.compile(rf"(?![a-z][a-z0-9+.-]*:|/)[^?]*{PICTURE_ENDINGS}", re.IGNORECASE)


def check_unread_links(found: Findings, typed: Iterable[TypedWords], links: Iterable[Node]) -> None:
    """Report pictures (an error), links and tags that are shown as typed; `links` are those that were read.

    A link to a picture beside the text leads nowhere, since pages name pictures by their content.
    """
    for words in (each for each in typed if _HINTS.search(each.text)):
        pictures = {words.line(at): _shown(words, at) for at in sorted(_pictures(words.text), reverse=True)}
        for line, text in pictures.items():
            found.strict(line, "picture-not-read", text=text)
        for link in _LINK.finditer(words.text):
            found.warn(words.line(link.start()), "link-not-read", text=_shown(words, link.start()))
        for tag in _HTML.finditer(words.text):
            if words.line(tag.start()) not in pictures:
                found.warn(words.line(tag.start()), "shortcode", code=_shown(words, tag.start()))
    for node in links:
        url = str(node.attributes["url"])
        if _PICTURE_URL.fullmatch(url):
            found.strict(node.line, "picture-not-read", text=f"[{node.plain()}]({url})"[:_LONGEST_SHOWN])


def _pictures(text: str) -> Iterator[int]:
    """Where pictures begin that were not read."""
    yield from (match.start() for match in _PICTURE.finditer(text))
    for ending in _ENDING.finditer(text):
        line = max(text.rfind("\n", 0, ending.start()) + 1, ending.start() - _FARTHEST)
        if signs := _BEFORE_A_FILE.search(text, line, ending.start()):
            yield signs.start()


def _shown(words: TypedWords, start: int) -> str:
    """What was typed, to the end of its line."""
    line = words.text[start : start + _FARTHEST].partition("\n")[0]
    return line[:_LONGEST_SHOWN].replace(CODE, "`").strip()
