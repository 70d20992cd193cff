"""From an issue's folder on the desk to public pages, mail bodies, held mailings and reports.

The order of effects: texts, bodies and pictures that are named by their content; the register, which says
from then on what is public; the issue's pages, then that it is listed; lists and feeds; mailings; reports;
last the mark that all this is done. Each can be repeated, and whoever finds the mark is done. Work on many
pictures is cut: `MoreToDoError` leaves before the first write, or where the pictures are laid on the site.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from broadsheet.archive.register import Record, Register
from broadsheet.content.checks import Week
from broadsheet.mailings.mailing import Mailing
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.publishing.accept import accepted
from broadsheet.publishing.looks import Album, PictureMemory, Turn
from broadsheet.publishing.ports import Desk, GoneError, IssueFiles, Revisions
from broadsheet.publishing.proofread import Proof, Surroundings, proofread_all
from broadsheet.publishing.report import report_html, report_mail, reports_of
from broadsheet.publishing.reporting import MailReports
from broadsheet.site.issues import IssuePages
from broadsheet.site.lists import ListPages
from broadsheet.site.ports import Site

REGISTER_TRIES = 5
OPEN = "being worked off"  # no folder's digest
REPORTS_OVERDUE_AFTER = timedelta(minutes=5)


class Outcome(StrEnum):
    """How a call to publish ended."""

    PUBLISHED = "published"
    REPORTED = "reported"
    UNCHANGED = "unchanged"


class ContendedError(RuntimeError):
    """Others kept changing the same issue; nothing is lost. The queue offers the event again."""


@dataclass(frozen=True)
class PublishIssue:
    """The use case with its ports.

    `hold` arranges the mailings of what is public now, `mailed` tells the editions whose mailing has begun.
    """

    newsletter: Newsletter
    desk: Desk
    site: Site
    register: Register
    revisions: Revisions
    pages: IssuePages
    lists: ListPages
    hold: Callable[[Record], list[Mailing]]
    mailed: Callable[[str], set[str]]
    tell: MailReports
    clock: Clock
    memory: PictureMemory

    def __call__(self, issue_id: str) -> Outcome:
        """Publish the issue's folder as it is now; files that were published already cause nothing.

        A file that can't be published changes nothing public, one that was deleted is withdrawn; reports
        say so.

        Raises:
            ContendedError, ContendedPageError: try again later.
            MoreToDoError: the issue has more pictures than one order works on; another is to go on.
        """
        turn = Turn(self.clock)
        folder = f"issues/{issue_id}"
        for number in range(REGISTER_TRIES):
            record = self.register.get(issue_id)
            if self.desk.digest(folder) == record.settled and not self._reports_overdue(record):
                if number:  # another worker has settled it, perhaps before our pictures were there
                    self.pages.remove_pictures(issue_id)
                return Outcome.UNCHANGED
            files = self.desk.files(folder)
            album = Album(folder, issue_id, files, record.shown(), self.memory, turn)
            try:
                proofs = self._proofs(folder, issue_id, files, album)
                listed = self._published(record, proofs, album)
                if listed and self._strip(listed, album):
                    continue  # the folder is another now, and is to be settled as it is
            except GoneError:
                continue
            if listed and self._settled(listed, proofs, files.digest):
                album.forget_what_is_gone()
                good = all(proof.issue for proof in proofs)
                return Outcome.PUBLISHED if good else Outcome.REPORTED
        raise ContendedError(issue_id)

    def _reports_overdue(self, record: Record) -> bool:
        """Whether whoever settled the issue died before the reports were mailed."""
        return record.settled_at is not None and self.clock() - record.settled_at > REPORTS_OVERDUE_AFTER

    def _proofs(self, folder: str, issue_id: str, files: IssueFiles, album: Album) -> list[Proof]:
        weeks = _Weeks(issue_id, self.register)
        around = Surroundings(weeks, self._exists, look=album, now=self.clock())
        return proofread_all(folder, issue_id, files, self.newsletter, around)

    def _exists(self, path: str) -> bool:
        return self.site.etag(path) is not None

    def _published(self, record: Record, proofs: list[Proof], album: Album) -> Record | None:
        """The record whose pages stand and are listed; None if another worker came between."""
        fresh = [p for p in proofs if p.issue and p.revision != _revision(record, p.edition)]
        for proof in fresh:
            if proof.issue and proof.body:
                self.revisions.keep(record.issue, proof.edition, proof.revision, proof.text, proof.body)
                self.pages.kept.remember(proof.issue, proof.revision)
        mailed = self.mailed(record.issue) if record.version else set()
        now = accepted(record, fresh, album.files.texts, album.shown, mailed, self.clock())
        if now.editions == record.editions == {}:
            return record
        if now.editions != record.editions:
            now = replace(now, version=record.version + 1, settled=OPEN)
            if not self.register.put(now, record):
                return None
        self.lists.ensure_frame()
        self._put_pictures(now, album)
        self.pages.refresh(record.issue)
        return self._listed(now)

    def _put_pictures(self, record: Record, album: Album) -> None:
        """Lay on the site what the record shows and the site lacks; the register named it before."""
        shown = {picture.largest.path: (source, picture) for source, picture in record.shown()}
        there = set(self.site.names(f"media/{record.issue}/")) if shown else set()
        for path in sorted(set(shown) - there):
            for name, content in album.contents(*shown[path]):
                self.site.put(name, content, forever=True)

    def _strip(self, record: Record, album: Album) -> bool:
        """Leave no original on the desk that the site shows; whether any was replaced.

        It comes once the pages stand, and before the mark, so that a worker who dies here is followed by one
        who goes on. The events of our writes find the folder settled.
        """
        shown = sorted(dict(record.shown()).items())
        there = [source for source, _ in shown if source in album.files.pictures]
        return any([album.strip(source, self.desk) for source in there])  # noqa: C419  # each of them

    def _listed(self, record: Record) -> Record | None:
        """The record with every standing edition listed."""
        if record.standing == record.public:
            return record
        editions = {
            edition: replace(entry, listed=entry.withdrawn_at is None)
            for edition, entry in record.editions.items()
        }
        listed = replace(record, version=record.version + 1, editions=editions)
        return listed if self.register.put(listed, record) else None

    def _settled(self, record: Record, proofs: list[Proof], digest: str) -> bool:
        """Lists, mailings and reports; false if another worker changed the issue before the mark was set.

        Only who sets the mark mails, so that a burst of uploads is reported once; should they die right
        then, the order's next delivery finds the reports overdue.
        """
        mailings: list[Mailing] = []
        if record.editions:
            self.lists.refresh(record.editions, record.year)
            self.pages.remove_pictures(record.issue)
            self._let_expire(record)
            mailings = self._held(record)
        reports = reports_of(record, proofs, mailings, self.newsletter)
        due = [report for report in reports if record.reported.get(report.edition) != report.digest]
        pages = {report.edition: report_html(report, self.newsletter) for report in reports}
        for report in reports:
            self.desk.report(f"{report.issue_id}/{report.edition}.html", pages[report.edition])
        settled = replace(record, version=record.version + 1, settled=digest, settled_at=self.clock())
        if not self.register.put(settled, record):
            return False
        for report in due:
            mail = report_mail(report, pages[report.edition], self.newsletter)
            self.tell(self.newsletter.editors, [mail], "report")
        reported = {**record.reported, **{report.edition: report.digest for report in due}}
        told = replace(settled, version=settled.version + 1, settled_at=None, reported=reported)
        self.register.put(told, settled)
        return True

    def _let_expire(self, record: Record) -> None:
        """Have the kept texts of what is withdrawn expire, and none of what is public.

        What came back meanwhile is recalled by one of the two: who marks looks at the register afterwards,
        who brings back recalls after having written there.
        """
        gone = {edition for edition, entry in record.editions.items() if entry.withdrawn_at}
        for edition in gone:
            self.revisions.forget(record.issue, edition)
        now = self.register.get(record.issue) if gone else record
        for edition, entry in now.standing.items():
            self.revisions.recall(record.issue, edition, entry.revision)

    def _held(self, record: Record) -> list[Mailing]:
        """The mailings of what is public now: who was overtaken meanwhile arranges them again."""
        for _ in range(REGISTER_TRIES):
            mailings = self.hold(record)
            before, record = record, self.register.get(record.issue)
            if record.editions == before.editions:
                return mailings
        raise ContendedError(record.issue)


class _Weeks:
    """The other issues about an issue's time, read when an edition asks, and once."""

    def __init__(self, issue_id: str, register: Register) -> None:
        self._issue_id, self._register = issue_id, register

    def __call__(self, edition: str) -> Iterable[Week]:
        for record in self._near:
            entry = record.public.get(edition)
            if entry:
                yield Week(record.issue, entry.first_day, entry.last_day, entry.title, entry.revision)

    @cached_property
    def _near(self) -> list[Record]:
        year, month = int(self._issue_id[:4]), self._issue_id[5:7]
        years = {year, year - (month == "01"), year + (month == "12")}
        records = (record for each in sorted(years) for record in self._register.of_year(each))
        return [record for record in records if record.issue != self._issue_id]


def _revision(record: Record, edition: str) -> str:
    return record.editions[edition].revision if edition in record.editions else ""
