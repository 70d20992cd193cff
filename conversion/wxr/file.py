"""The text of a WXR file, in parts: decompressed, decoded, and repaired where real exports break XML.

Real exports hold control characters, addresses with a bare `&` (`wp:comment_author_url`), HTML's entities,
and, if older than WordPress 3.2, `]]>` inside a CDATA section. A part that begins with `<item` is an item's.
"""

import codecs
import gzip
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.entities import html5
from io import BufferedReader
from xml.sax.saxutils import escape  # parses nothing

from conversion.post import UnreadableExportError
from conversion.safe_zip import DamagedFileError

HOW_TO_EXPORT = "Export it in WordPress: Tools > Export > All content > Download Export File."
MOST_BYTES = 4 * 1024**3
_GZIP = b"\x1f\x8b"
_CHUNK, _HEAD = 256 * 1024, 64 * 1024
_LONGEST_TAG, _LONGEST_ENTITY, _LOOK_AHEAD = 100_000, 40, 200
_NO_TAG = "< "  # what cannot be a tag breaks its item
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ASCII = bytes(range(0x80))
_WIDE = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_MOST_WRONG = 0.1  # share of a UTF-8 file's bytes beyond ASCII
_MOST_ALONE = 0.5  # share of letters beyond ASCII between ASCII letters: most in French, few in Russian
_RUN = re.compile(rb"[\x80-\xff]+")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([\w.-]+)""")
_ONE_BYTE = re.compile(r"windows-125\d|cp125\d|koi8-[ru]|iso-?8859-\d+|latin-?1")
_WXR = re.compile(rb"wordpress\.org/export/|<wp:wxr_version|xmlns:wp\s*=")
_HTML = re.compile(rb"<!doctype html|<html[\s>]", re.IGNORECASE)
_FEED = re.compile(rb"<rss[\s>]|<feed[\s>]|<rdf:RDF")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_OPENING, _CLOSING = "<![CDATA[", "]]>"
_END_OF_TEXT = re.compile(
    r"\]\]>\s*(?:</(?:[a-z]+:[\w.-]+|title|link|pubDate|guid|description|category|language|generator)\s*>|<!\[CDATA\[)"
)
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,32});)?")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file, also in an archive, that can be opened several times."""

    name: str
    opened: Callable[[], BufferedReader]


@dataclass(frozen=True, slots=True)
class WxrFile:
    """A file of an export that is WXR by its first bytes, and the encoding that it is really in."""

    source: Source
    encoding: str
    controls: int  # characters that XML does not allow
    undecodable: int

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.source.name

    def parts(self) -> Iterator[str]:
        """The repaired text; a file that ends too early only ends."""
        return _repaired(_decoded(self.source, self.encoding))


def is_wxr(source: Source) -> bool:
    """Whether a file looks like an export of WordPress."""
    try:
        return bool(_WXR.search(_head(source).replace(b"\0", b"")))
    except UnreadableExportError:
        return False


def opened_wxr(source: Source) -> WxrFile:
    """The file, read once from end to end.

    Raises:
        UnreadableExportError: it is no WXR, or cannot be read.
    """
    raw = _head(source)
    head = raw.replace(b"\0", b"")
    if not _WXR.search(head):
        raise UnreadableExportError(f"{source.name}: {_what_it_is(head)} {HOW_TO_EXPORT}")
    for beginning, encoding in _WIDE.items():
        if raw.startswith(beginning):
            return WxrFile(source, encoding, 0, 0)
    controls = beyond = wrong = alone = runs = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in _chunks(source):
        controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
        high = len(chunk.translate(None, _ASCII))
        beyond += high
        replaced = decoder.decode(chunk).count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
        wrong += max(replaced, 0)
        if replaced > 0:
            lengths = [len(run) for run in _RUN.findall(chunk)]
            alone += lengths.count(1)
            runs += sum(lengths)
    if wrong <= _MOST_WRONG * beyond:
        return WxrFile(source, "utf-8-sig", controls, wrong)
    declared = _DECLARED.match(head)
    name = declared[1].decode("ascii").lower() if declared else ""
    if not _ONE_BYTE.fullmatch(name):
        name = "windows-1252" if alone > _MOST_ALONE * runs else "windows-1251"
    return WxrFile(source, name, controls, 0)


def _what_it_is(head: bytes) -> str:
    if not head.strip():
        return "the file is empty."
    if _HTML.search(head[:2000]):
        return "this is an HTML page, perhaps of an error or a log-in, saved as a file."
    if _FEED.search(head):
        return "this is a feed, which has the newest posts only, and no export."
    return "this is no export of WordPress."


def _head(source: Source) -> bytes:
    head = b""
    for chunk in _chunks(source):
        head += chunk
        if len(head) >= _HEAD:
            break
    return head


def _chunks(source: Source) -> Iterator[bytes]:
    """The bytes of a file, decompressed; a compressed file that was cut off only ends."""
    left = MOST_BYTES
    try:
        with source.opened() as raw:
            # read() would lose what precedes an error
            file = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == _GZIP else raw
            while chunk := file.read1(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise UnreadableExportError(
                        f"{source.name}: more than 4 GB. In WordPress, export a few years at a time."
                    )
                yield chunk
    except EOFError:
        return
    except (OSError, zlib.error, DamagedFileError) as error:
        raise UnreadableExportError(
            f"{source.name} cannot be read: {error}. Copy or export it again."
        ) from error


def _decoded(source: Source, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    wide = encoding.startswith("utf-16")
    for chunk in _chunks(source):
        text = decoder.decode(chunk if wide else chunk.translate(None, _CONTROLS))
        yield _NOT_IN_XML.sub("", text) if wide or "\ufffe" in text or "\uffff" in text else text


def _repaired(chunks: Iterator[str]) -> Iterator[str]:
    """Splits the text where items begin; what is outside CDATA sections becomes well-formed."""
    held, within, first = "", False, True
    for chunk in chunks:
        text = held + chunk
        if first:
            text, first = _without_what_precedes(text), False
        done: list[str] = []
        held, within = _repair(text, done, within=within, last=False)
        yield from _at_items("".join(done))
    done = []
    _repair(held, done, within=within, last=True)
    yield from _at_items("".join(done))


def _without_what_precedes(text: str) -> str:
    """Without blank lines, warnings of PHP and the XML declaration, whose encoding may be wrong."""
    declaration = _DECLARATION.search(text)
    if declaration and "<rss" not in text[: declaration.start()]:
        return text[declaration.end() :]
    return text.lstrip()


def _repair(text: str, done: list[str], *, within: bool, last: bool) -> tuple[str, bool]:
    """Puts into `done` what can be judged by now; gives the rest, and whether it is in a CDATA section."""
    at = 0
    while True:
        if within:
            end = text.find(_CLOSING, at)
            if end < 0 or (end + _LOOK_AHEAD > len(text) and not last):
                stop = len(text) if last else max(at, len(text) - 2 if end < 0 else end)
                done.append(text[at:stop])
                return text[stop:], True
            done.append(text[at:end])
            within = not _END_OF_TEXT.match(text, end) and not last
            done.append("]]]]><![CDATA[>" if within else _CLOSING)
            at = end + len(_CLOSING)
        else:
            start = text.find(_OPENING, at)
            if start < 0:
                stop = len(text) if last else _whole_tags(text, at)
                done.append(_well_formed(text[at:stop]))
                if len(text) - stop > _LONGEST_TAG:
                    done.append(_NO_TAG)
                    return "", False
                return text[stop:], False
            done.extend((_well_formed(text[at:start]), _OPENING))
            at, within = start + len(_OPENING), True


def _whole_tags(text: str, at: int) -> int:
    """Where the last tag or entity begins that may go on in what follows."""
    start = text.rfind("<", at)
    if start >= 0 and text.find(">", start) < 0:
        return start
    entity = text.rfind("&", max(at, len(text) - _LONGEST_ENTITY))
    return len(text) if entity < 0 else entity


def _well_formed(text: str) -> str:
    return _AMPERSAND.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _OF_XML:
        return found[0]
    if name[0] == "#":
        code = int(f"0{name[1:]}", 0) if name[1] in "xX" else int(name[1:])
        return f"&#{code};" if _allowed(code) else ""
    if f"{name};" in html5:
        return escape(html5[f"{name};"])
    return f"&amp;{name};"


def _allowed(code: int) -> bool:
    """Whether XML 1.0 allows a character (section 2.2): no surrogates, no controls."""
    return code <= sys.maxunicode and not (0xD800 <= code <= 0xDFFF or _NOT_IN_XML.match(chr(code)))  # noqa: PLR2004


def _at_items(text: str) -> Iterator[str]:
    begin = 0
    while (item := text.find("<item", begin + 1)) >= 0:
        yield text[begin:item]
        begin = item
    if text:
        yield text[begin:]
