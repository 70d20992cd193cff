"""The records of a WXR file, one after the other: items, authors, categories, tags, terms.

Elements are known by their prefixes (`wp:`), as WordPress's importer knows them, so a plugin's undeclared
namespace does no harm. Comments are counted and not kept. After an item that is no XML, reading goes on at
the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXException  # what the hardened parser raises
from xml.sax.handler import ContentHandler  # what it calls
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from conversion.post import UnreadableExportError
from conversion.wxr.file import HOW_TO_EXPORT, WxrFile

MOST_CHARACTERS = 10_000_000  # of an item without its comments
_KINDS = frozenset({"item", "wp:author", "wp:category", "wp:tag", "wp:term"})
_CONTAINERS = frozenset({"wp:postmeta", "wp:termmeta"})
_AMONG_MANY_ITEMS = "<rss><channel>"
_CHANNEL, _DEEPEST = 2, 100


@dataclass(frozen=True, slots=True)
class Term:
    """A `<category>` of an item: `domain` is its taxonomy, `slug` its nicename."""

    domain: str
    slug: str
    name: str


@dataclass(slots=True)
class Record:
    """An element of the channel: the texts of its children, its terms and custom fields."""

    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    meta: dict[str, list[str]] = field(default_factory=dict)
    comments: int = 0
    too_large: bool = False

    def text(self, name: str) -> str:
        """A child's text, "" if there is none."""
        return self.fields.get(name, "").strip()

    def first(self, key: str) -> str:
        """A custom field's first value, "" without one."""
        return self.meta.get(key, [""])[0].strip()


@dataclass(frozen=True, slots=True)
class Broken:
    """An item that is no XML."""

    line: int
    title: str
    why: str


class CutOffError(UnreadableExportError):
    """A file ends before its end, as after a broken download."""


class RecordsOfFile:
    """Reads a file's records in one go; `channel` has the texts at its head by then."""

    def __init__(self, file: WxrFile) -> None:
        self._file = file
        self._handler = _Handler()
        self.channel = self._handler.channel

    def __iter__(self) -> Iterator[Record | Broken]:
        """The records in the file's order.

        Raises:
            CutOffError: the file ends before its end; all before that was given.
            UnreadableExportError: it cannot be read, or has a DTD.
        """
        line = item_line = 1
        handler = self._handler
        parser: _Parser | None = self._parser()
        for part in self._file.parts():
            if part.startswith("<item"):
                item_line = line
                if parser is None:
                    parser, handler.is_complete = self._parser(_AMONG_MANY_ITEMS), False
            if parser is None:
                handler.is_complete = handler.is_complete or "</rss>" in part
            else:
                try:
                    parser.feed(part)
                except SAXException as error:
                    parser = None
                    if not handler.is_complete:  # what follows the end does not matter
                        yield Broken(item_line, handler.broken(), error.getMessage())
                        handler.is_complete = "</rss>" in part
                yield from handler.taken()
            line += part.count("\n")
        if not handler.is_complete:
            after = f"after the item {handler.last!r}, at " if handler.last else "at "
            raise CutOffError(
                f"{self._file.name} ends {after}line {line}, before its end: it was cut off. "
                f"Download it again. {HOW_TO_EXPORT}"
            )

    def _parser(self, before: str = "") -> "_Parser":
        parser = _Parser(self._file.name)
        self._handler.begin()
        parser.setContentHandler(self._handler)
        parser.feed(before)
        return parser


class _Parser(DefusedExpatParser):  # type: ignore[misc]  # defusedxml has no types
    """A parser that refuses a DTD, and with it all entities."""

    def __init__(self, name: str) -> None:
        super().__init__(forbid_dtd=True)
        self._name = name

    def reset(self) -> None:
        """Also lets texts come in few pieces."""
        super().reset()
        self._parser.buffer_text = True
        self._parser.buffer_size = 1 << 16

    def feed(self, part: str) -> None:
        try:
            super().feed(part)
        except DefusedXmlException as error:
            raise UnreadableExportError(
                f"{self._name} defines a document type, which no export of WordPress does. {HOW_TO_EXPORT}"
            ) from error


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.channel: dict[str, str] = {}
        self.last = ""  # the last complete item's title
        self.is_complete = False
        self._done: list[Record] = []
        self.begin()

    def begin(self) -> None:
        """Forgets what was begun."""
        self._depth = self._skipped_from = self._record_depth = self._text_depth = 0
        self._record: Record | None = None
        self._term = ("", "")
        self._key = ""
        self._texts: list[str] = []
        self._characters = 0

    def taken(self) -> list[Record]:
        """The records that are complete, once."""
        done, self._done = self._done, []
        return done

    def broken(self) -> str:
        """The title of the record that was begun."""
        return self._record.text("title") if self._record else ""

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  # as the parser calls it  # as the parser calls it
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SAXException("elements in elements, a hundred deep")
        if self._skipped_from or self._text_depth:
            return
        if self._record is None:
            if name in _KINDS:
                self._record, self._record_depth, self._characters = Record(name), self._depth, 0
                return
            if self._depth <= _CHANNEL:
                return
        elif name == "wp:comment":
            self._record.comments += 1
            self._skipped_from = self._depth
            return
        elif name in _CONTAINERS:
            return
        self._text_depth, self._texts = self._depth, []
        if name == "category":
            self._term = (attrs.get("domain", ""), attrs.get("nicename", ""))

    def characters(self, content: str) -> None:
        if not self._text_depth:
            return
        self._characters += len(content)
        is_too_large = self._characters > MOST_CHARACTERS
        if self._characters > 2 * MOST_CHARACTERS:
            raise SAXException("longer than twenty million characters")
        if not is_too_large or not self._texts:  # the beginnings of what follows tell what it is
            self._texts.append(content)
        if self._record and is_too_large:
            self._record.too_large = True

    def endElement(self, name: str) -> None:  # noqa: N802
        if self._skipped_from:
            if self._depth == self._skipped_from:
                self._skipped_from = 0
        elif self._text_depth:
            if self._depth == self._text_depth:
                self._keep(name, "".join(self._texts))
                self._text_depth, self._texts = 0, []
        elif self._record and self._depth == self._record_depth:
            self._done.append(self._record)
            if name == "item":
                self.last = self._record.text("title")
            self._record = None
        self._depth -= 1
        self.is_complete = self.is_complete or not self._depth

    def _keep(self, name: str, text: str) -> None:
        record = self._record
        if record is None:
            self.channel.setdefault(name, text.strip())
        elif name == "category":
            record.terms.append(Term(*self._term, text.strip()))
        elif name == "wp:meta_key":
            self._key = text.strip()
        elif name == "wp:meta_value":
            record.meta.setdefault(self._key, []).append(text)
        else:
            record.fields.setdefault(name, text)
