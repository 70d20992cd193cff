"""Reads the front matter of an issue's file: title, summary, authors, period, and reports unknown keys.

An import (`lenient`) may use other names for the keys, or have no title or summary in its front matter.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from broadsheet.content.checks.plain_words import plain_words
from broadsheet.content.draft_detection import draft_marks
from broadsheet.content.findings import Findings, shortened
from broadsheet.content.front_matter import FrontMatter
from broadsheet.content.front_matter_values import DAY, YEARS, is_reported, parse_day
from broadsheet.content.node import Node, unstruck
from broadsheet.newsletter import Newsletter

KNOWN_KEYS = ("title", "summary", "period", "authors", "send_at", "mail")
LONGEST = {"title": 300, "summary": 300}  # the limit of lists and mails
LONG = {"title": 120, "summary": 200}  # longer ones look bad in lists
LONGEST_AUTHORS = 300
LONGEST_PERIOD_DAYS = 100
FARTHEST_PERIOD_DAYS = 31
_OTHER_NAMES = {
    "title": ("title",),
    "summary": ("summary", "description", "excerpt", "subtitle"),
    "authors": ("authors", "author"),
}
_LOCATION_KEYS = ("date", "lang", "language")  # see `import_locations`
_WEEK_DAYS = 7


@dataclass(frozen=True)
class FrontMatterReader:
    """Reads one file's front matter; findings go to `found`. `now` is the time of an import."""

    found: Findings
    front: FrontMatter
    newsletter: Newsletter
    now: datetime | None = None

    def check_keys(self) -> None:
        """Report unknown keys, and in an import keys that mark it as a draft."""
        marks = list(draft_marks(self.front, self.now)) if self.found.lenient else []
        for line, key, value in marks:
            self.found.leave_out(line, "is-draft", key=key, value=value)
        reported = {key for _, key, _ in marks}
        for key, line in self.front.lines.items():
            if key in KNOWN_KEYS:
                continue
            if self.found.lenient:
                is_known = any(key in names for names in (*_OTHER_NAMES.values(), _LOCATION_KEYS))
                if not is_known and key not in reported:
                    self.found.warn(line, "key-ignored", key=key)
            elif near := get_close_matches(key.casefold(), KNOWN_KEYS, 1, 0.8):
                self.found.error(line, "key-near", key=key, nearest=near[0], known=", ".join(KNOWN_KEYS))
            else:
                self.found.error(line, "key-unknown", key=key, known=", ".join(KNOWN_KEYS))

    def title(self, heading: str, name: str) -> str:
        """The title; an import without one is called after its first heading, else after its folder."""
        return self._text("title") or self._default("title", heading or name)

    def summary(self, blocks: tuple[Node, ...], title: str) -> str:
        """The summary; an import without one gets the beginning of its first paragraph."""
        if written := self._text("summary"):
            return written
        paragraphs = (unstruck(b).plain() for b in blocks if b.kind == "paragraph" and b.plain().strip())
        return self._default("summary", next(paragraphs, title))

    def authors(self) -> tuple[str, ...]:
        """The names of the authors; () without any."""
        key = self._key("authors")
        value, line = self.front.values.get(key, ""), self.front.lines.get(key, 1)
        if value is None:
            if not is_reported(self.found, self.front, key):
                self.found.strict(line, "authors-unreadable")
            return ()
        given = [value] if isinstance(value, str) else value
        names = tuple(plain_words(self.found, line, key, name) for name in given)
        if sum(map(len, names)) > LONGEST_AUTHORS:
            self.found.strict(line, "authors-unreadable")
            return ()
        return tuple(name for name in names if name)

    def period(self, day: date) -> tuple[date, date]:
        """The first and last day that the issue covers; by default the week or the day of its folder."""
        is_weekly = self.newsletter.cadence == "week"
        usual = (day, day + timedelta(days=_WEEK_DAYS - 1)) if is_weekly else (day, day)
        written = self.front.values.get("period", "")
        line = self.front.lines.get("period", 1)
        if written == "":
            return usual
        days = _two_days(written if isinstance(written, str) else "")
        if not days:
            if not is_reported(self.found, self.front, "period"):
                self.found.strict(line, "period-unreadable", period=written or "")
            return usual
        first, last = days
        length = (last - first).days + 1
        if first > last:
            self.found.strict(line, "period-backwards", first=first, last=last)
            return usual
        if length > LONGEST_PERIOD_DAYS:
            self.found.strict(line, "period-too-long", days=length, limit=LONGEST_PERIOD_DAYS)
        elif is_weekly and (length % _WEEK_DAYS or self.newsletter.wants_monday(first)):
            self.found.strict(line, "period-not-a-week", first=first, last=last)
        elif abs((first - day).days) > FARTHEST_PERIOD_DAYS:
            self.found.warn(line, "period-far", first=first, last=last, folder=day)
        return first, last

    def _key(self, name: str) -> str:
        names = _OTHER_NAMES[name] if self.found.lenient else (name,)
        return next((key for key in names if self.front.values.get(key)), name)

    def _text(self, name: str) -> str:
        """A text of one line; "" and a finding if there is none."""
        key = self._key(name)
        value, line = self.front.values.get(key, ""), self.front.lines.get(key, 1)
        if not isinstance(value, str):
            self.found.strict(line, "value-not-text", key=key)
            return ""
        text = plain_words(self.found, line, key, value)
        if not text and not self.found.lenient and not is_reported(self.found, self.front, key):
            self.found.error(line, f"{name}-missing")
        if len(text) > LONGEST[name]:
            self.found.strict(line, f"{name}-too-long", length=len(text), limit=LONGEST[name])
            return shortened(text, LONGEST[name])
        if len(text) > LONG[name]:
            self.found.warn(line, f"{name}-long", length=len(text), limit=LONG[name])
        return text

    def _default(self, name: str, text: str) -> str:
        """A value taken from an import's text; "" for any other file."""
        if not self.found.lenient:
            return ""
        made = shortened(text, LONG[name])
        self.found.warn(1, f"{name}-made", text=made)
        return made


def _two_days(written: str) -> tuple[date, date] | None:
    """The days of `2016-12-05/2016-12-11`, also with a dash between them."""
    parts = [part.strip() for part in re.split(r"/| [-–—] |–|—", written)]
    days = [parse_day(part) for part in parts if DAY.fullmatch(part)]
    if len(parts) != len(days) or len(days) != 2:  # noqa: PLR2004  # a first and a last
        return None
    first, last = days
    return (first, last) if first and last and {first.year, last.year} <= set(YEARS) else None
