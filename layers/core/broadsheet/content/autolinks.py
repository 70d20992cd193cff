"""Makes links of the web and mail addresses in a text.

Source: GitHub Flavored Markdown 0.29, "Autolinks (extension)": what ends an address, and brackets in it.
"""

import re
from collections.abc import Iterable, Iterator
from operator import is_

from broadsheet.content.findings import Findings
from broadsheet.content.node import Node
from broadsheet.link_targets import serialised

_HOST = r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)"
_ADDRESS = re.compile(
    rf"(?<![\w@/.:=&?#+-])(?:(?P<web>(?:https?://|www\.){_HOST}(?::\d{{1,5}})?(?:[/?#][^\s<>\"“”„«»]*)?)"
    r"|(?:mailto:)?(?P<mail>[A-Za-z0-9][A-Za-z0-9._+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})(?![\w@-]))",
    re.IGNORECASE,
)
_HINT = re.compile(r"://|@|\.(?<=www\.)", re.IGNORECASE)  # each begins with a sign: faster to search
_NOT_AT_THE_END = "?!.,:;*_~'’‘…\"`"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WITHOUT_LINKS = ("link", "image", "code-block")
_TAG_WITHOUT_LINKS = re.compile(r"<(/?)(?:a|code|pre)\b", re.IGNORECASE)


def with_addresses(found: Findings, blocks: Iterable[Node]) -> tuple[Node, ...]:
    """The blocks with a link in place of each web or mail address; unsafe addresses are reported."""
    return tuple(_linked(found, block) if _HINT.search(block.plain()) else block for block in blocks)


def _linked(found: Findings, node: Node) -> Node:
    if node.kind in _WITHOUT_LINKS or not node.children:
        return node
    children: list[Node] = []
    texts: list[Node] = []
    depth = 0  # of an author's own links and code
    for child in node.children:
        if child.kind == "text" and not depth:
            texts.append(child)
            continue
        children += _of_texts(found, texts)
        texts = []
        if child.kind == "html" and (tag := _TAG_WITHOUT_LINKS.match(child.text)):
            depth = max(0, depth + (-1 if tag[1] else 1))
        children.append(child if depth else _linked(found, child))
    children += _of_texts(found, texts)
    is_same = len(children) == len(node.children) and all(map(is_, children, node.children))
    return node if is_same else node.with_children(children)


def _of_texts(found: Findings, texts: list[Node]) -> list[Node]:
    """Adjacent text nodes with links in them: the parser cuts text at every character that may be markup."""
    text = "".join(node.text for node in texts)
    if not _HINT.search(text):
        return texts
    made = list(_with_links(found, text, texts[0].line))
    return made if len(made) > 1 or made[0].kind == "link" else texts


def _with_links(found: Findings, text: str, line: int) -> Iterator[Node]:
    at = 0
    for match in _ADDRESS.finditer(text):
        words = match[0] if match["mail"] else _without_end(match[0])
        if not match["mail"] and not _ADDRESS.fullmatch(words):
            continue
        url = f"mailto:{match['mail']}" if match["mail"] else words
        url = f"https://{url}" if url[:4].casefold() == "www." else url
        if not serialised(url):
            found.warn(line, "link-malformed", url=url[:120], scheme="")
            continue
        if url.casefold().startswith("http:"):
            found.warn(line, "link-not-https", url=url[:120])
        if match.start() > at:
            yield Node("text", line, text[at : match.start()])
        yield Node("link", line, "", (Node("text", line, words),), {"url": url, "title": ""})
        at = match.start() + len(words)
    if at < len(text):
        yield Node("text", line, text[at:])


def _without_end(address: str) -> str:
    """The address without punctuation at its end and without a closing bracket that was opened before it."""
    while address:
        last = address[-1]
        is_open = last in _PAIRS and address.count(last) > address.count(_PAIRS[last])
        if last not in _NOT_AT_THE_END and not is_open:
            break
        address = address[:-1]
    return address
