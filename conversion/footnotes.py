"""Footnotes in HTML: links to notes further down that lead back."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from conversion.html_tree import Element

MOST_NOTES = 500  # as many as an issue may have
_NOTE_BLOCKS = frozenset({"li", "p", "div", "dd", "aside", "section", "tr"})
_LONGEST_BACK_LINK = 8
_MOST_TRIES = 20  # marks of one note; more lead to a place in the text
_LABEL = re.compile(r"[\[(]?(\w{1,12})[\])]?")
_AROUND_LABEL = "[]().:^ \t\n\u00a0"


@dataclass(slots=True)
class Footnotes:
    """The labels of marks and notes, by the identity of their elements."""

    marks: dict[int, str] = field(default_factory=dict)
    notes: dict[int, tuple[str, Element]] = field(default_factory=dict)

    def __contains__(self, element: Element) -> bool:
        return id(element) in self.notes

    def mark(self, element: Element) -> str:
        """The label if this element is a mark; "" if it is not."""
        return self.marks.get(id(element), "")

    def contents(self) -> list[tuple[str, Element]]:
        """The notes in the order of the text."""
        return list(self.notes.values())


def footnotes_of(root: Element, elements: list[Element]) -> Footnotes:
    """The footnotes in a tree and its elements; links back are taken out of the notes."""
    found = Footnotes()
    anchors = [(at, each) for at, each in enumerate(elements) if each.name == "a" and _fragment(each)]
    if not anchors:
        return found
    parents = {
        id(child): each for each in [root, *elements] for child in each.children if isinstance(child, Element)
    }
    named = _named(elements)
    order = {id(each): at for at, each in enumerate(elements)}
    labels: set[str] = set()
    tries: Counter[int] = Counter()
    for at, anchor in anchors:
        target = named.get(_fragment(anchor))
        if target is None or order[id(target)] < at or len(found.notes) >= MOST_NOTES:
            continue
        tries[id(target)] += 1
        if tries[id(target)] > _MOST_TRIES:
            continue
        note = _note(target, parents)
        if note is None or order[id(note)] < at or any(each is anchor for each in note.below()):
            continue
        back = [each for each in note.below() if each.name == "a" and _leads_to(each, anchor, named, parents)]
        if id(note) not in found.notes:
            if not back or _is_within(note, found, parents):
                continue
            found.notes[id(note)] = (_label(anchor, labels), note)
        found.marks[id(anchor)] = found.notes[id(note)][0]
        for each in back:
            _take_out(each, note)
    return found


def _fragment(anchor: Element) -> str:
    href = anchor.get("href")
    return href.partition("#")[2] if "#" in href else ""


def _named(elements: list[Element]) -> dict[str, Element]:
    named: dict[str, Element] = {}
    for each in elements:
        for name in (each.get("id"), each.get("name") if each.name == "a" else ""):
            if name:
                named.setdefault(name, each)
    return named


def _note(target: Element, parents: dict[int, Element]) -> Element | None:
    """The block that a mark leads to; all of a division that begins with it and holds nothing else's note."""
    note: Element | None = target
    while note is not None and note.name not in _NOTE_BLOCKS:
        note = parents.get(id(note))
    while note is not None and (above := parents.get(id(note))) is not None and above.name == "div":
        first = next((child for child in above.children if not isinstance(child, str) or child.strip()), None)
        if first is not note or sum(each.name == "a" and bool(_fragment(each)) for each in above.below()) > 1:
            break
        note = above
    return note


def _leads_to(back: Element, anchor: Element, named: dict[str, Element], parents: dict[int, Element]) -> bool:
    place = named.get(_fragment(back))
    if place is None:
        return False
    return any(each is place for each in _around(anchor, parents)) or any(
        each is place for each in anchor.below()
    )


def _around(anchor: Element, parents: dict[int, Element]) -> Iterator[Element]:
    """The element and those around it that belong to the same mark."""
    yield anchor
    above = parents.get(id(anchor))
    while above is not None and above.name in ("sup", "span", "em", "strong", "small", "font"):
        yield above
        above = parents.get(id(above))


def _is_within(note: Element, found: Footnotes, parents: dict[int, Element]) -> bool:
    above = parents.get(id(note))
    while above is not None:
        if above in found:
            return True
        above = parents.get(id(above))
    return False


def _take_out(back: Element, note: Element) -> None:
    """Remove a link back; with its number, arrow and brackets if it is no more than that."""
    back.attributes.pop("href", None)
    if len(back.words()) > _LONGEST_BACK_LINK:
        return
    back.children = []
    for each in [note, *note.below()]:
        for at, child in enumerate(each.children):
            if isinstance(child, str) and child.strip():
                each.children[at] = child.lstrip(_AROUND_LABEL)
                if each.children[at]:
                    return


def _label(anchor: Element, labels: set[str]) -> str:
    written = _LABEL.fullmatch(anchor.words())
    label = written[1] if written and written[1] not in labels else ""
    if not label:
        label = next(str(number) for number in range(1, MOST_NOTES + 2) if str(number) not in labels)
    labels.add(label)
    return label
