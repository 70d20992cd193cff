"""An import over fakes: a table as text in, and what became of its rows."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from broadsheet.subscribers.mailing_list.columns import understand
from broadsheet.subscribers.mailing_list.meaning import Meaning
from broadsheet.subscribers.mailing_list.sheet import read_head
from broadsheet.subscribers.mailing_list.taking_in import Agreement, Plan, Tally, carry_out, plan, survey
from broadsheet.subscribers.subscriber import Subscriber
from tests.builders import a_newsletter
from tests.fakes.clock import FakeClock
from tests.fakes.roster import FakeRoster
from tests.fakes.subscribers import FakeVault

AGREEMENT = Agreement("import-2016-12-12-0a1b2c3d", "the form on our old site")
TODAY = date(2016, 12, 12)
AGREED = date(2016, 1, 5)


@dataclass
class Gathering:
    """The list, and how tables are read; `settled` are the lines that were told on the way."""

    roster: FakeRoster = field(default_factory=FakeRoster)
    clock: FakeClock = field(default_factory=FakeClock)
    settled: list[int] = field(default_factory=list)

    def plan(
        self,
        content: bytes | str,
        done: int = 0,
        columns: Mapping[int, Meaning] | None = None,
        others: Sequence[str] = (),
        **how: Any,
    ) -> Plan:
        """What would become of each row."""
        text = content.encode() if isinstance(content, str) else content
        sheet = read_head(lambda: io.BytesIO(text))
        understood = understand(sheet, columns)
        usual: dict[str, Any] = {"audiences": ("en",), "consent_on": AGREED}
        reading = understood.reading(a_newsletter(), TODAY, **{**usual, **how})
        files = [read_head(partial(io.BytesIO, other.encode())) for other in others]
        source = survey(sheet, reading, b"secret", files)
        return plan(source, done, roster=self.roster, clock=self.clock, told=self.settled.append, workers=2)

    def carry_out(self, planned: Plan) -> Tally:
        """Take in who is new."""
        return carry_out(
            planned,
            AGREEMENT,
            roster=self.roster,
            addresses=FakeVault(),
            clock=self.clock,
            told=lambda line, _: self.settled.append(line),
            workers=2,
        )

    def take_in(self, content: bytes | str, **how: Any) -> Tally:
        """Both, one after the other."""
        return self.carry_out(self.plan(content, **how))

    @property
    def addresses(self) -> list[str]:
        """Who is on the list."""
        return sorted(FakeVault().open(one.sealed_address, one.id) for one in self.people)

    @property
    def people(self) -> Sequence[Subscriber]:
        return list(self.roster.everyone())
