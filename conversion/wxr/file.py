"""The text of a WXR file: decompressed, decoded from what it is really in, without what XML forbids."""

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader

from conversion.post import UnreadableExportError
from conversion.safe_zip import DamagedFileError
from conversion.wxr.repair import NOT_IN_XML, repaired

HOW_TO_EXPORT = "Export it in WordPress: Tools > Export > All content > Download Export File."
MOST_BYTES = 4 * 1024**3
_GZIP = b"\x1f\x8b"
_CHUNK, _HEAD = 256 * 1024, 64 * 1024
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
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
_DECLARED = re.compile(rb"""<\?xml[^>]*?\bencoding\s*=\s*["']([\w.-]+)""")
_ONE_BYTE = re.compile(r"windows-125\d|cp125\d|koi8-[ru]|iso-?8859-\d+|latin-?1")
_WXR = re.compile(rb"wordpress\.org/export/|<wp:wxr_version|xmlns:wp\s*=")
_HTML = re.compile(rb"<!doctype html|<html[\s>]", re.IGNORECASE)
_FEED = re.compile(rb"<rss[\s>]|<feed[\s>]|<rdf:RDF")


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
        return repaired(_decoded(self.source, self.encoding))


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
    declared = _DECLARED.search(head)
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
        yield NOT_IN_XML.sub("", text) if wide or "\ufffe" in text or "\uffff" in text else text
