"""Writes the parts of a text as the Markdown of the desk, so that it is read back as the same words.

Words are escaped only where the reader (`broadsheet.content`) would take them for markup. Where Markdown
cannot mark words, as within a word or beside typographic quotes, the tag is written that pages show.
Source: CommonMark 0.31, "Emphasis and strong emphasis", "Backslash escapes"; GitHub Flavored Markdown 0.29.
"""

import re
from collections.abc import Iterable, Sequence

from broadsheet.content.picture_targets import PICTURE_ENDINGS
from conversion.inline_tokens import Token

MARKS = {"strong": "**", "em": "*", "del": "~~"}
TAGS = frozenset({"strong", "em", "del", "sup", "sub", "u"})
_PART = "\ue000"  # stands for an empty element within signs, until they are written
_PART_WRITTEN = "<span></span>"
_SIGNS = re.compile(
    r"[\\`*~]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w{1,32};)|\](?=[\[(:])|\[(?=\^)"
)
_SIGNS_IN_LINK = re.compile(_SIGNS.pattern + r"|[\[\]]")
_MAY_BE_SIGN = re.compile(r"[\\`*~_<&\]\[|]")
_LINE_START = re.compile(
    r"(?:[-+](?=\s|$)|#{1,6}(?=\s|$)|>|[-=]+\s*$|\[(?=[ xX]\](?:\s|$)))|(?=[-:|\s]+$)(?=\S)"
)
_RULE = re.compile(r"(?:-\s*){3,}")
_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_HIDING = re.compile(  # what checks take for notes that an editor meant to hide
    r"<(?=\s*!)|<(?=[#%]|img)|<(?=[-–—−!])|%(?=%)|\{(?=[#%{>])|/(?=\*)|^!(?=--)|!(?=\[)|-(?=->)"
)
_MAY_BE_HIDING = re.compile(r"[<%{]|/\*|!--|!\[|-->")
_ENDING = re.compile(PICTURE_ENDINGS, re.IGNORECASE)
_LIKE_PICTURE = re.compile(r"!(?=\s?(?:[\[(]|$))|\]|(?<=images)(?=[/\\])", re.IGNORECASE)
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_LIST = re.compile(r"(\d{1,9})?([-*.)]) ")
_ITEM_MARK = re.compile(r"^(?:(\d{1,9})\.|-) ", re.MULTILINE)
_BALANCED = re.compile(r"[^\[\]\\]*(?:\[[^\[\]\\]*\](?!\()[^\[\]\\]*)*")
_BRACKET = re.compile(r"\\?([\[\]])")
_UNFIT_FOR_A_NAME = re.compile(r"[\s()]")
_LIKE_END_OF_CAPTION = re.compile("[“”„‟«»‘’‚‹›\"'][ \\t]*\\)")
_BACKTICKS = re.compile(r"`+")
_ASCII = 0x7F


def names_file(words: str) -> bool:
    """Whether there is the name of a picture's file in the words: then brackets may look like a picture."""
    return bool(_ENDING.search(words))


def escaped(words: str, *, in_link: bool = False, in_cell: bool = False, is_near_file: bool = False) -> str:
    """The words so that they mean themselves anywhere but at the beginning of a line (`lines`)."""
    words = _without_looks(words, is_near_file=is_near_file)
    if _MAY_BE_SIGN.search(words):
        words = (_SIGNS_IN_LINK if in_link else _SIGNS).sub(_escape, words)
        if in_cell:
            words = words.replace("|", "&#124;")
    return words.replace(_PART, _PART_WRITTEN)


def _without_looks(words: str, *, is_near_file: bool) -> str:
    """The words with `_PART` within what would look like a hidden note or an unread picture."""
    if _MAY_BE_HIDING.search(words):
        words = _HIDING.sub(lambda sign: sign[0] + _PART, words)
    return _LIKE_PICTURE.sub(lambda sign: sign[0] + _PART, words) if is_near_file else words


def _escape(sign: re.Match[str]) -> str:
    return "&amp;" if sign[0] == "&" else "\\" + sign[0]


def lines(written: str) -> str:
    """Written lines so that none begins a heading, a list, a quotation, a rule or a table."""
    return "\n".join([_line(each) for each in written.split("\n")]) if "\n" in written else _line(written)


def _line(written: str) -> str:
    if written[:1].isalpha():
        return written
    if _LINE_START.match(written) or _RULE.fullmatch(written.rstrip("\\")):
        return "\\" + written
    return _NUMBER.sub(r"\1\\\2", written, count=1) if _NUMBER.match(written) else written


def code(words: str, *, in_cell: bool = False) -> str:
    """Words as code within a line; in a cell, some bars can only be written in mere words."""
    if in_cell and "|" in words:
        if "\\|" in words:
            return escaped(words, in_cell=True, is_near_file=names_file(words))
        words = words.replace("|", "\\|")
    longest = max((len(run[0]) for run in _BACKTICKS.finditer(words)), default=0)
    fence = "`" * (longest + 1)
    space = " " if words[0] == "`" or words[-1] == "`" else ""
    return f"{fence}{space}{words}{space}{fence}"


def fenced(words: str) -> str:
    """Lines of code. A language is named if lines look like headings, which an unclosed fence would hold."""
    longest = max((len(run[0]) for run in _BACKTICKS.finditer(words)), default=0)
    fence = "`" * max(3, longest + 1)
    language = "text" if re.search(r"^\s*#", words, re.MULTILINE) else ""
    return f"{fence}{language}\n{words}\n{fence}"


def address(url: str) -> str:
    """An address as the target of a link or a picture."""
    url = _ENTITY.sub("&amp;", url)
    url = re.sub(r"[<>|\\`]|\s", lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), url)
    return f"<{url}>" if re.search(r"[()*_~]", url) and ("(" in url or ")" in url) else url


def picture(path: str, alternative: str, caption: str) -> str:
    """A picture on a line of its own; its caption is read as Markdown once more when its quotes are off."""
    alternative = escaped(" ".join(alternative.split()))
    if not _BALANCED.fullmatch(alternative):
        alternative = _BRACKET.sub(lambda sign: f"&#{ord(sign[1])};", alternative)
    words = plain(" ".join(caption.split())).replace("\\", "\\\\")
    title = f' "{_ENTITY.sub("&amp;", words).replace(chr(34), "&quot;")}"' if words else ""
    is_enclosed = _UNFIT_FOR_A_NAME.search(path) or _LIKE_END_OF_CAPTION.search(words)
    return f"![{alternative}]({f'<{path}>' if is_enclosed else path}{title})"


def plain(words: str) -> str:
    """Words as a title, a headline or a caption, where tags would be read and only words are shown."""
    parts = _without_looks(words, is_near_file=names_file(words)).split("<")
    return "&lt;".join([_SIGNS.sub(_escape, part) for part in parts]).replace(_PART, _PART_WRITTEN)


def heading(level: int, written: str) -> str:
    """A heading of a line of Markdown (`inline`, `plain`)."""
    words = written.rstrip("#")
    return "#" * level + f" {words}" + "\\#" * (len(written) - len(words))


def quoted(blocks: str) -> str:
    """Blocks as a quotation."""
    return "\n".join([f"> {line}" if line else ">" for line in blocks.split("\n")])


def indented(blocks: str, mark: str) -> str:
    """Blocks as an item of a list: the mark, and an indent before all further lines."""
    first, *others = blocks.split("\n")
    width = " " * len(mark)
    return "\n".join([mark + first, *(width + line if line else "" for line in others)])


def noted(blocks: str, label: str) -> str:
    """Blocks as a footnote."""
    first, *others = blocks.split("\n")
    return "\n".join([f"[^{label}]: {first}", *("    " + line if line else "" for line in others)])


def joined(blocks: Sequence[str], between: str = "\n\n") -> str:
    """Blocks as one text; a list right below another one of its kind gets the other sign, to stay apart."""
    out: list[str] = []
    for block in blocks:
        above = _LIST.match(out[-1]) if out else None
        is_same = above and (here := _LIST.match(block)) and _kind_of(here) == _kind_of(above)
        out.append(_ITEM_MARK.sub(_other_mark, block) if is_same else block)
    return between.join(out)


def _kind_of(mark: re.Match[str]) -> tuple[bool, str]:
    return mark[1] is None, mark[2]


def _other_mark(mark: re.Match[str]) -> str:
    return f"{mark[1]}) " if mark[1] else "* "


def table(rows: Sequence[Sequence[str]], alignments: Sequence[str]) -> str:
    """A table; its first row is the head, and all rows have the same number of cells."""
    rules = [{"left": ":---", "right": "---:", "center": ":---:"}.get(each, "---") for each in alignments]
    return "\n".join([_row(rows[0]), _row(rules), *map(_row, rows[1:])])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def inline(tokens: Sequence[Token], *, hard_break: str = "\\\n", in_cell: bool = False) -> str:
    """The tokens of one paragraph (see `tidied`) as Markdown."""
    tags = _written_as_tags(tokens)
    out: list[str] = []
    in_link = False
    is_near_file = any(token.kind == "text" and names_file(token.text) for token in tokens)
    for at, token in enumerate(tokens):
        match token.kind:
            case "text":
                out.append(escaped(token.text, in_link=in_link, in_cell=in_cell, is_near_file=is_near_file))
            case "open" | "close":
                mark = MARKS.get(token.value, "")
                slash = "/" if token.kind == "close" else ""
                out.append(f"<{slash}{token.value}>" if at in tags else mark)
            case "link":
                in_link = True
                if out and out[-1][-1:] in ("!", "]", "\\") and tokens[at - 1].kind == "text":
                    out[-1] = out[-1][:-1] + ("" if out[-1][-1] == "\\" else "\\") + out[-1][-1]
                out.append("[")
            case "link-end":
                in_link = False
                out.append(f"]({address(token.text)})")
            case "code":
                out.append(code(token.text, in_cell=in_cell))
            case "break":
                out.append(hard_break)
            case "raw":
                out.append(token.text)
    return "".join(out)


def _written_as_tags(tokens: Sequence[Token]) -> set[int]:
    """The tokens, by index, that open and close what the reader would not recognise by its signs."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "open":
            opened.append(at)
        elif token.kind == "close":
            ends[opened.pop()] = at
    unread = [
        (start, end)
        for start, end in ends.items()
        if tokens[start].value not in MARKS or not _is_recognised(tokens, start, ends)
    ]
    return {at for pair in unread for at in pair}


def _is_recognised(tokens: Sequence[Token], start: int, ends: dict[int, int]) -> bool:
    """Whether signs around the tokens surely open and close an emphasis (or a deletion).

    Two marks around the same words (`***words***`) have the same neighbours.
    """
    end = ends[start]
    inner, outer = 1, 1  # how far the words in the marks and the neighbours are from these two
    while ends.get(start + inner) == end - inner and tokens[start + inner].value in _TOGETHER:
        inner += 1
    while ends.get(start - outer) == end + outer and tokens[start - outer].value in _TOGETHER:
        outer += 1
    first, last = _character(tokens, start + inner, 0), _character(tokens, end - inner, -1)
    before, after = _character(tokens, start - outer, -1), _character(tokens, end + outer, 0)
    if not _SIGNS_OF_MARKS.isdisjoint((before, after, first, last)) or before == "\\":
        return False
    if _is_like_letter(before) and _is_like_letter(after):
        return False
    return _is_apart(before, first) and _is_apart(after, last)


def _is_apart(outside: str, inside: str) -> bool:
    """Whether signs between these can only open, or only close."""
    return outside.isspace() or (outside in _PUNCTUATION and inside.isalnum())


_TOGETHER = frozenset({"strong", "em"})
_WRITTEN = {"code": "`", "open": "*", "close": "*", "link": "[", "link-end": ")", "break": "\n"}
_SIGNS_OF_MARKS = frozenset("*_~")
_PUNCTUATION = frozenset("!\"#$%&'()+,-./:;<=>?@[]^{|}")


def _is_like_letter(character: str) -> bool:
    """Whether the reader takes a neighbour for part of a word: all signs above ASCII, as it reads bytes."""
    return character.isalnum() or ord(character) > _ASCII


def _character(tokens: Sequence[Token], at: int, index: int) -> str:
    """The first or last character that is written for a token; a line end beyond the first and the last."""
    if not 0 <= at < len(tokens):
        return "\n"
    token = tokens[at]
    is_tag = token.kind in ("open", "close") and token.value not in MARKS
    written = "<>" if is_tag else _WRITTEN.get(token.kind) or token.text or "\n"
    return written[index]
