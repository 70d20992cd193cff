"""Lists of Word, which are paragraphs with a sign or a number that Word itself ignores."""

import re

from conversion.html_tree import Element

_LEVEL = re.compile(r"mso-list:[^;]*level([1-9])")
_NUMBER = re.compile(r"\(?(\d{1,9})[.)]")
_SPACES = re.compile(r"\s+")


def with_word_lists(root: Element) -> None:
    """Make lists of the paragraphs of the tree that Word calls items."""
    for element in [root, *root.below()]:
        if any(_level_of(child) for child in element.children):
            element.children = _with_lists(element.children)


def _level_of(node: Element | str) -> int:
    if isinstance(node, str) or node.name != "p" or "mso-list:" not in node.get("style"):
        return 0
    found = _LEVEL.search(_SPACES.sub(" ", node.get("style")))
    return int(found[1]) if found else 0


def _with_lists(children: list[Element | str]) -> list[Element | str]:
    made: list[Element | str] = []
    open_lists: list[tuple[int, Element]] = []
    for child in children:
        level = _level_of(child)
        if isinstance(child, str) or not level:
            if not isinstance(child, str) or child.strip():
                open_lists = []
            made.append(child)
            continue
        label = _label_of(child)
        name = "ol" if label else "ul"
        while open_lists and open_lists[-1][0] > level:
            open_lists.pop()
        if not open_lists or open_lists[-1][0] < level or open_lists[-1][1].name != name:
            items = Element(name)
            if open_lists and open_lists[-1][0] < level:
                open_lists[-1][1].children.append(items)
            else:
                open_lists = []
                made.append(items)
            open_lists.append((level, items))
        attributes = {"value": label} if label else {}
        open_lists[-1][1].children.append(Element("li", attributes, child.children, child.has_block))
    return made


def _label_of(paragraph: Element) -> str:
    """The number of an item, "" for any other sign; it is taken out of the paragraph."""
    for each in paragraph.below():
        if "mso-list:ignore" in _SPACES.sub("", each.get("style")).lower():
            number = _NUMBER.fullmatch(each.words())
            each.children = []
            return number[1] if number else ""
    return ""
