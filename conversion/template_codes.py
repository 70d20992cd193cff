"""Codes of templates in the texts of static sites: Liquid's and Hugo's, and those of Markdown's dialects.

A code whose result is known becomes plain Markdown: pictures, code, videos and posts elsewhere as links. The
words between other codes stay; those that a condition may have hidden do not. What is dropped is named.
"""

import re
from collections.abc import Callable

from conversion.site_targets import divided_at_last, parts_of

Lose = Callable[[str], None]
_LONGEST_SHOWN = 100
_CODE_BLOCKS = (  # and what closes them
    (
        re.compile(
            r"\{%-?\s*highlight\s+(?P<language>[\w+#-]*)[^%{}]*%\}\n?(?P<lines>.*?)\n?[ \t]*"
            r"\{%-?\s*endhighlight\s*-?%\}",
            re.DOTALL,
        ),
        re.compile(r"\{%-?\s*endhighlight\s*-?%\}"),
    ),
    (
        re.compile(
            r"\{\{[<%]\s*highlight\s+[\"'“]?(?P<language>[\w+#-]*)[^{}]*[>%]\}\}\n?(?P<lines>.*?)\n?[ \t]*"
            r"\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
            re.DOTALL,
        ),
        re.compile(r"\{\{[<%]\s*/\s*highlight\s*[>%]\}\}"),
    ),
)
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_CODE = re.compile(
    r"\{%-?\s*(?P<liquid>/?\w[\w-]*)(?P<rest>[^%{}]*(?:%(?!\})[^%{}]*)*)%\}"
    r"|\{\{[<%]\s*(?P<hugo>/?\s*[\w./-]+)(?P<values>(?:\"[^\"\n]*\"|`[^`]*`|[^\"`<>{}])*?)/?\s*[>%]\}\}"
    r"|(?P<output>\{\{[^{}\n]*\}\})"
)
_PAIR = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s\"'`]+))")
_WORD = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s\"'`=]+)")
_PICTURE = re.compile(r"\S+\.(?:png|jpe?g|webp|gif|svg|avif)(?:[?#]\S*)?", re.IGNORECASE)
_SOURCES = ("src", "url", "image_path", "image", "path", "img", "file", "filename", "name")
_CONDITIONS = {
    "if": "endif",
    "unless": "endunless",
    "for": "endfor",
    "case": "endcase",
    "capture": "endcapture",
}
_ELSEWHERE = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "tweet": "https://twitter.com/i/status/{}",
    "x": "https://twitter.com/i/status/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    "gist": "https://gist.github.com/{}",
}
_ID = re.compile(r"[\w/-]{1,80}", re.ASCII)
_ATTRIBUTES = re.compile(r"(?<!\{)\{:(?!:)[^{}\n]*\}|^[ \t]*\{(?:[.#][\w-]+\s*)+\}[ \t]*$", re.MULTILINE)
_EXTENSIONS = re.compile(r"\{::?/?(?:options|nomarkdown|comment)?[^{}\n]*/?\}")
_CONTENTS = re.compile(
    r"^[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\]|[*\-1.]+[ \t]+\S[^\n]*\n[ \t]*\{:[ \t]*toc[^{}\n]*\})[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_CONTAINER = re.compile(r"^[ \t]{0,3}:::+[^\n]*$", re.MULTILINE)
_ADMONITION = re.compile(
    r"^(?:!!!|\?\?\?\+?)[ \t]+([a-z][\w-]*)(?:[ \t]+\"([^\"\n]*)\")?[ \t]*\n"
    r"((?:(?:[ ]{4}|\t)[^\n]*(?:\n|$)|[ \t]*\n)+)",
    re.MULTILINE,
)
_ABBREVIATION = re.compile(r"^[ ]{0,3}\*\[([^\]\n]+)\]:[^\n]*$", re.MULTILINE)
_NOTE = re.compile(r"%%(?!\w+%%)[^%\n]{3,}%%")
_WIKI = re.compile(r"(!?)\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]*))?\]\]")
_BLOCKS = "div|section|aside|article|figure|details|center|main"
_MARKS = re.compile(r"<[^<>]*>|\[([^\[\]]*)\]\([^()]*\)|\*+|`+|(?<!\w)_+|_+(?!\w)")
_IN_HTML = re.compile(rf"(<(?:{_BLOCKS})\b[^<>]*?)\s+markdown\s*=\s*[\"']?\w+[\"']?([^<>]*>)", re.IGNORECASE)
_CLOSES = re.compile(rf"^[ \t]*(</(?:{_BLOCKS})>)", re.MULTILINE)


def without_codes(text: str, lose: Lose) -> str:
    """The text without codes of templates; code between backticks or in fences stays as it is."""
    for block, closes in _CODE_BLOCKS if "highlight" in text else ():
        closed, rest = divided_at_last(text, closes)
        text = block.sub(_fence, closed) + rest
    text = _without_conditions(text, lose)
    parts = parts_of(text)
    return "".join(_RAW.sub("", part) if is_code else _plain(part, lose) for part, is_code in parts)


def without_dialects(text: str, lose: Lose) -> str:
    """The text without what only dialects of Markdown have: attributes, containers, wiki links."""
    return "".join(part if is_code else _standard(part, lose) for part, is_code in parts_of(text))


def _fence(found: re.Match[str]) -> str:
    lines = _RAW.sub("", found["lines"]).strip("\n")
    longest = max((len(run) for run in re.findall(r"`{3,}", lines)), default=2)
    sign = "`" * (longest + 1)
    return f"\n{sign}{found['language']}\n{lines}\n{sign}\n"


def _without_conditions(text: str, lose: Lose) -> str:
    """The text without what conditions and loops enclose: nobody knows here whether it was shown."""
    if "{%" not in text:
        return text
    shown, at, ends = [], 0, [""]
    start = 0
    for found in re.finditer(r"\{%-?\s*(\w+)[^%{}]*%\}", text):
        if len(ends) == 1 and found[1] in _CONDITIONS:
            shown.append(text[at : found.start()])
            start = found.start()
        if found[1] in _CONDITIONS:
            ends.append(_CONDITIONS[found[1]])
        elif len(ends) > 1 and found[1] == ends[-1]:
            ends.pop()
            if len(ends) == 1:
                lose(f"words that a condition may have hidden: {text[start : start + _LONGEST_SHOWN]}")
                at = found.end()
    return "".join(shown) + text[at:] if len(ends) == 1 else text


def _plain(part: str, lose: Lose) -> str:
    if "{" not in part:
        return part
    return _CODE.sub(lambda found: _result(found, lose), _RAW.sub("", part))


def _result(found: re.Match[str], lose: Lose) -> str:
    """What a code showed, as Markdown, if that is known."""
    name = (found["liquid"] or found["hugo"] or "").replace(" ", "")
    rest = found["rest"] or found["values"] or ""
    pairs = {pair[0]: "".join(pair[1:]) for pair in _PAIR.findall(rest)}
    words = ["".join(word) for word in _WORD.findall(_PAIR.sub("", rest))]
    kind = words.pop(0).rpartition("/")[2] if name in ("include", "include_relative") and words else name
    given = [*(pairs[key] for key in _SOURCES if key in pairs), *words]
    if source := next((each for each in given if _PICTURE.fullmatch(each)), ""):
        return _picture(source, pairs, words)
    kind = kind.removesuffix(".html").casefold()
    number = pairs.get("id") or (words[-1] if words else "")
    if pattern := _ELSEWHERE.get(kind):
        number = "/".join(words[:2]) if kind == "gist" else number.rpartition("/")[2].rpartition("=")[2]
        if _ID.fullmatch(number):
            lose(f"what {{{{{kind}}}}} showed; a link leads there: {pattern.format(number)}")
            return f"\n\n<{pattern.format(number)}>\n\n"
    if not name.startswith(("/", "end")):
        lose(f"a code of the old site: {' '.join(found[0].split())[:_LONGEST_SHOWN]}")
    return "\n" if "\n" in found[0] else ""


def _picture(source: str, pairs: dict[str, str], words: list[str]) -> str:
    alternative = pairs.get("alt") or next((word for word in words if word != source), "")
    caption = pairs.get("caption") or pairs.get("title") or ""
    for sign in "[]\n":
        alternative = alternative.replace(sign, " ")
    caption = " ".join(_MARKS.sub(r"\1", caption).replace('"', "”").split())
    title = f' "{caption}"' if caption else ""
    return f"\n\n![{alternative or caption}](<{source}>{title})\n\n"


def _standard(part: str, lose: Lose) -> str:
    part = _CONTENTS.sub("", part)
    part = _EXTENSIONS.sub("", part) if "{:" in part else part
    part = _ATTRIBUTES.sub("", part) if "{" in part else part
    part = _CONTAINER.sub("", part) if ":::" in part else part
    part = _ADMONITION.sub(_quotation, part) if "!!!" in part or "???" in part else part
    for pattern, sign, what in ((_ABBREVIATION, "*[", "an abbreviation"), (_NOTE, "%%", "a hidden note")):
        for found in pattern.finditer(part) if sign in part else ():
            lose(f"{what}: {found[0].strip()[:_LONGEST_SHOWN]}")
        part = pattern.sub("", part) if sign in part else part
    part = _WIKI.sub(_linked, part) if "[[" in part else part
    part = _IN_HTML.sub(r"\1\2\n\n", part) if "markdown" in part else part
    return _CLOSES.sub(r"\n\n\1\n\n", part) if "</" in part else part


def _quotation(found: re.Match[str]) -> str:
    title = found[1].capitalize() if found[2] is None else found[2]
    lines = [re.sub(r"^(?: {4}|\t)", "", line) for line in found[3].rstrip("\n").split("\n")]
    return "\n".join(f"> {line}" for line in ([f"**{title}**", ""] if title else []) + lines) + "\n\n"


def _linked(found: re.Match[str]) -> str:
    words = (found[3] or found[2]).strip()
    if found[1] and _PICTURE.fullmatch(found[2].strip().replace(" ", "")):
        return f"![{'' if words == found[2].strip() else words}](<{found[2].strip()}>)"
    return words
