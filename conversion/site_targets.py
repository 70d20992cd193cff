"""Where links and pictures in the texts of static sites lead: codes, relative paths and paths of sources.

Links become addresses of the old site, as readers saw them; pictures become paths in the folder of the site.
Codes that say anything else stay; `folder_markdown` and the check of the result name them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_TARGET = re.compile(
    r"(?P<before>(?P<picture>!)?\[(?:[^\[\]\n]|\[[^\[\]\n]*\](?:\([^()\n]*\))?){0,400}\]\([ \t]*)"
    r"(?P<target><[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)"
    r"|(?P<opening>(?P<attribute>\s(?:src|href|poster)\s*=\s*)(?P<quote>[\"']))(?P<value>[^\"'<>\n]*)"
    r"|(?P<defines>^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]+)(?P<defined>\S+)",
    re.MULTILINE,
)
_PICTURE_ENDING = re.compile(r"\.(?:png|jpe?g|webp|gif|svg|avif|bmp|tiff?)(?:[?#].*)?$", re.IGNORECASE)
_HIDDEN = {  # what opens words that were not shown, and what closes them
    "liquid": (r"\{%-?\s*comment\s*-?%\}", re.compile(r"\{%-?\s*endcomment\s*-?%\}")),
    "go": (r"\{\{-?\s*/\*", re.compile(r"\*/\s*-?\}\}")),
    "hugo": (r"\{\{[<%]\s*comment\s*[>%]\}\}", re.compile(r"\{\{[<%]\s*/\s*comment\s*[>%]\}\}")),
    "kramdown": (r"\{::comment\}", re.compile(r"\{:/(?:comment)?\}")),
}
_OPENS_HIDDEN = re.compile("|".join(f"(?P<{name}>{opens})" for name, (opens, _) in _HIDDEN.items()))
_SHORT_COMMENT = re.compile(r"\{#[^{}]*#\}|\{%-?\s*#[^{}]*%\}")
_RAW = re.compile(r"(\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\})", re.DOTALL)
_ENDS_RAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_BASE = re.compile(
    r"\{\{-?\s*(?:site\.(?P<name>baseurl|url)|\.Site\.BaseURL|(?:\"/?\"|'/?')\s*\|\s*(?:relative|absolute)_url)"
    r"\s*-?\}\}"
)
_QUOTED_PATH = re.compile(
    r"\{\{-?\s*(?P<quote>[\"'])(?P<path>[^\"'{}\n]*)(?P=quote)\s*\|\s*(?:relative_url|absolute_url|url"
    r"|prepend:\s*site\.baseurl)(?:\s*\|\s*(?:absolute_url|prepend:\s*site\.url))?\s*-?\}\}"
)
_OTHER_TEXT = re.compile(
    r"\{%-?\s*(?:link|post_url|post_path)\s+(?P<liquid>[^%{}\n]+?)\s*-?%\}"
    r"|\{\{[<%]\s*(?:rel)?ref\s+(?:path\s*=\s*)?(?:[\"“`](?P<quoted>[^\"”`\n]+)[\"”`]|(?P<bare>[^\s\"<>%]+))"
    r"[^<>{}\n]*[>%]\}\}"
)
_PELICAN = re.compile(r"^[{|](filename|index|static|attach)[}|]")


_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:|/|\{", re.IGNORECASE)


@dataclass(frozen=True)
class Targets:
    """What one text's targets become.

    `own` is its address, `base` the folder of the old site. `text(name)` is the address of another text by
    its path in the sources, `picture(target)` the path of a picture in the folder; "" if there is none.
    """

    own: str
    base: str
    text: Callable[[str], str]
    picture: Callable[[str], str]

    def at_home(self, body: str) -> str:
        """The text with targets that need neither the program nor the place of its source.

        Code stays as it is; words in comments of templates are dropped.
        """
        shown, rest = divided_at_last(without_comments(body), _ENDS_RAW)
        pieces = _RAW.split(shown)  # every second one is to be shown as it is written
        mended = [piece if at % 2 else self._all_mended(piece) for at, piece in enumerate(pieces)]
        return "".join(mended) + self._all_mended(rest)

    def _all_mended(self, piece: str) -> str:
        return "".join(part if is_code else self._mended(part) for part, is_code in parts_of(piece))

    def _mended(self, part: str) -> str:
        part = _SHORT_COMMENT.sub("", part) if "{" in part else part
        if "{{" in part or "{%" in part:
            part = _BASE.sub(lambda found: "" if found["name"] == "url" else self.base, part)
            part = _QUOTED_PATH.sub(lambda found: f"{self.base}/{found['path'].lstrip('/')}", part)
            part = _OTHER_TEXT.sub(self._other_text, part)
        return _TARGET.sub(self._target, part)

    def _other_text(self, found: re.Match[str]) -> str:
        name, mark, part = (found["liquid"] or found["quoted"] or found["bare"]).partition("#")
        address = self.text(name.strip()) if name else self.own
        return address + mark + part if address else found[0]

    def _target(self, found: re.Match[str]) -> str:
        if found["defines"]:
            return found["defines"] + self._led(found["defined"], is_picture=False)
        if found["opening"]:
            is_picture = found["attribute"].strip().casefold().startswith("src")
            return found["opening"] + self._led(found["value"], is_picture=is_picture)
        target = found["target"]
        if target.startswith("<"):
            return f"{found['before']}<{self._led(target[1:-1], is_picture=bool(found['picture']))}>"
        return found["before"] + self._led(target, is_picture=bool(found["picture"]))

    def _led(self, target: str, *, is_picture: bool) -> str:
        path = self.picture(target) if is_picture or _PICTURE_ENDING.search(target) else ""
        if path or is_picture:
            return path or target
        code = _PELICAN.match(target)
        name, mark, part = target.partition("#")
        if not name or (not code and _WHOLE.match(name)):
            return target
        if (code and code[1] in ("filename", "index")) or name.endswith((".md", ".markdown")):
            address = self.text(name[code.end() :] if code else name)
            return address + mark + part if address else target
        within = f"{self.base}/{name[code.end() :].lstrip('/')}" if code else name
        return within + mark + part if code else urljoin(self.own, target) if self.own else target


def without_comments(body: str) -> str:
    """The text without what templates hide, also where it looks like code; an unclosed comment stays."""
    shown, at = [], 0
    while opens := _OPENS_HIDDEN.search(body, at):
        closes = _HIDDEN[str(opens.lastgroup)][1].search(body, opens.end())
        if not closes:
            break
        shown.append(body[at : opens.start()])
        at = closes.end()
    return "".join(shown) + body[at:]


def divided_at_last(text: str, closes: re.Pattern[str]) -> tuple[str, str]:
    """The text up to its last closing code, and the rest, in which openings without an end need no search."""
    end = max((found.end() for found in closes.finditer(text)), default=0)
    return text[:end], text[end:]


def parts_of(body: str) -> Iterator[tuple[str, bool]]:
    """The parts of a Markdown text in order, and whether each is code: a fence, or between backticks."""
    plain: list[str] = []
    fenced: list[str] = []
    end = ""
    for line in body.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if not end and fence and not ("`" in fence[1] and "`" in line[fence.end() :]):
            yield from _with_inline_code("".join(plain))
            plain, fenced, end = [], [line], fence[1]
        elif end:
            fenced.append(line)
            if fence and fence[1].startswith(end) and not line[fence.end() :].strip():
                yield "".join(fenced), True
                fenced, end = [], ""
        else:
            plain.append(line)
    yield from _with_inline_code("".join(plain))
    if fenced:
        yield "".join(fenced), True


def _with_inline_code(text: str) -> Iterator[tuple[str, bool]]:
    at = 0
    for found in _INLINE_CODE.finditer(text) if "`" in text else ():
        if "\n\n" in found[0]:
            continue
        yield text[at : found.start()], False
        yield found[0], True
        at = found.end()
    if at < len(text):
        yield text[at:], False
