"""The weeks of other issues, as the register knows them."""

from collections.abc import Iterable
from functools import cached_property

from broadsheet.archive.register import Record, Register
from broadsheet.content.checks.weeks import Week


class RegisteredWeeks:
    """The weeks of an edition's other issues around the time of one; the register is read once, on demand."""

    def __init__(self, issue_id: str, register: Register) -> None:
        self._issue_id, self._register = issue_id, register

    def __call__(self, edition: str) -> Iterable[Week]:
        """The weeks of the issues that are public in this edition."""
        for record in self._near:
            if week := record.public.get(edition):
                yield Week(record.issue, week.first_day, week.last_day, week.title, week.revision)

    @cached_property
    def _near(self) -> list[Record]:
        year, month = int(self._issue_id[:4]), self._issue_id[5:7]
        years = {year, year - (month == "01"), year + (month == "12")}
        records = (record for each in sorted(years) for record in self._register.of_year(each))
        return [record for record in records if record.issue != self._issue_id]
