"""An import over fakes: from a table as text to the statuses of its rows."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.mailing_list.columns import map_columns
from broadsheet.subscribers.mailing_list.csv_table import read_head
from broadsheet.subscribers.mailing_list.importer import (
    ImportConsent,
    ImportPlan,
    RowCounts,
    plan_import,
    run_import,
    scan_table,
)
from broadsheet.subscribers.mailing_list.meaning import Meaning
from broadsheet.subscribers.subscriber import Subscriber
from tests.builders import a_newsletter
from tests.fakes.clock import FakeClock
from tests.fakes.mailing_list import FakeMailingList
from tests.fakes.subscribers import FakeVault

AGREEMENT = ImportConsent("import-2016-12-12-0a1b2c3d", "the form on our old site")
TODAY = date(2016, 12, 12)
AGREED = date(2016, 1, 5)


@dataclass
class ImportRun:
    """An import into a list, by default with the usual options; `progress` are the reported lines."""

    mailing_list: FakeMailingList = field(default_factory=FakeMailingList)
    clock: FakeClock = field(default_factory=FakeClock)
    progress: list[int] = field(default_factory=list)
    newsletter: Newsletter = field(default_factory=a_newsletter)

    def plan_import(
        self,
        content: bytes | str,
        done: int = 0,
        columns: Mapping[int, Meaning] | None = None,
        others: Sequence[str] = (),
        **options: Any,
    ) -> ImportPlan:
        """Plan the import of a table."""
        text = content.encode() if isinstance(content, str) else content
        table = read_head(lambda: io.BytesIO(text))
        mapping = map_columns(table, columns)
        usual: dict[str, Any] = {"audiences": ("en",), "consent_on": AGREED}
        row_reader = mapping.row_reader(self.newsletter, TODAY, **{**usual, **options})
        files = [read_head(partial(io.BytesIO, other.encode())) for other in others]
        source = scan_table(table, row_reader, b"secret", files)
        return plan_import(
            source,
            done,
            mailing_list=self.mailing_list,
            clock=self.clock,
            on_progress=self.progress.append,
            workers=2,
        )

    def run_import(self, planned: ImportPlan) -> RowCounts:
        """Run the plan."""
        return run_import(
            planned,
            AGREEMENT,
            mailing_list=self.mailing_list,
            addresses=FakeVault(),
            clock=self.clock,
            on_progress=lambda line, _: self.progress.append(line),
            workers=2,
        )

    def import_table(self, content: bytes | str, **options: Any) -> RowCounts:
        """Plan and run the import of a table."""
        return self.run_import(self.plan_import(content, **options))

    @property
    def addresses(self) -> list[str]:
        """The addresses on the list."""
        return sorted(FakeVault().open(one.sealed_address, one.id) for one in self.people)

    @property
    def people(self) -> Sequence[Subscriber]:
        return list(self.mailing_list.everyone())
