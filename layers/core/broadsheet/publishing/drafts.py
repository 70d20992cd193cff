"""Previews drafts: page and mail at a private address, and a test mail to the editors."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from broadsheet.archive.register import Record
from broadsheet.language import report_words
from broadsheet.mail import Mail, named
from broadsheet.mailings.body import Body
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.probes import is_probe_draft
from broadsheet.publishing.picture_inspection import Inspection, InspectionCache, PictureInspector, WorkBudget
from broadsheet.publishing.ports import Desk, GoneError
from broadsheet.publishing.proofread import CheckContext, Proof, Proofreader
from broadsheet.publishing.record_update import updated_record
from broadsheet.publishing.report import FileOutcome, report_of, write_report
from broadsheet.publishing.report_mailer import ReportMailer
from broadsheet.site.issue_pages import issue_pages
from broadsheet.site.layout import Page
from broadsheet.site.list_pages import ListPages
from broadsheet.site.ports import Site

TRIES = 5
UNFINISHED = "unfinished"  # stored in place of a digest while pages are written


@dataclass(frozen=True)
class Preview:
    """A draft's preview: the token in its address that nobody can guess, and the digest of its files."""

    draft: str
    token: str
    digest: str = ""


class Previews(Protocol):
    """The previews that were made."""

    def get(self, draft: str) -> Preview | None:
        """The draft's preview."""

    def keep(self, preview: Preview) -> None:
        """Store a preview over the draft's last one."""


class _NothingStored:
    """`Previews` and `InspectionCache` for a probe's draft, whose name nobody can guess: it is the token."""

    def get(self, draft: str) -> Preview:
        return Preview(draft, draft, UNFINISHED)

    def of(self, _: str) -> dict[str, tuple[str, Inspection]]:
        return {}

    def keep(self, *_: object) -> None:
        """Nothing is stored."""

    def forget(self, *_: object) -> None:
        """Nothing was stored."""


@dataclass(frozen=True)
class PreviewDraft:
    """The use case with its ports; `token` makes a new token. The site's previews expire after 14 days."""

    newsletter: Newsletter
    desk: Desk
    site: Site
    previews: Previews
    lists: ListPages
    notify: ReportMailer
    clock: Clock
    token: Callable[[], str]
    inspections: InspectionCache

    def __call__(self, draft_id: str) -> bool:
        """Preview the draft's folder as it is now; False if these files were previewed already.

        After a crash a second call mails once more. The preview of a folder that is empty now is removed.
        For a probe's draft nothing is stored and nobody is mailed.

        Raises:
            GoneError: files kept changing; SQS delivers the message again.
            MoreToDoError: there are more pictures than one message may process; send another one.
        """
        use_case, budget = self, WorkBudget(self.clock)
        if is_probe_draft(draft_id):
            unmailed, nothing = replace(self.newsletter, editors=()), _NothingStored()
            use_case = replace(self, newsletter=unmailed, previews=nothing, inspections=nothing)
        for _ in range(TRIES):
            try:
                return use_case.preview(draft_id, budget)
            except GoneError as error:
                gone = error
        raise gone

    def preview(self, draft_id: str, budget: WorkBudget) -> bool:
        """Preview any draft, in one attempt."""
        folder = f"drafts/{draft_id}"
        preview = self.previews.get(draft_id) or Preview(draft_id, self.token())
        files = self.desk.files(folder)
        if files.digest == preview.digest:
            return False
        pictures = PictureInspector(folder, draft_id, files, [], self.inspections, budget)
        self.previews.keep(replace(preview, digest=UNFINISHED))
        under = f"drafts/{preview.token}/"
        old = set(self.site.names(under))
        self.lists.ensure_static_pages()
        context = CheckContext(inspect=pictures, now=self.clock())
        proofs = Proofreader(folder, draft_id, files, self.newsletter, context).all()
        for path in sorted(old - self._put(draft_id, under, proofs, pictures, old)):
            self.site.remove(path)
        for proof in proofs:
            self._report(proof, under)
        pictures.forget_removed()
        self.previews.keep(replace(preview, digest=files.digest))
        return True

    def _put(
        self, draft_id: str, under: str, proofs: list[Proof], pictures: PictureInspector, old: set[str]
    ) -> set[str]:
        """Write the preview's pages and mails, and missing pictures; returns all paths."""
        sources = sorted({source for p in proofs if p.issue for source in p.issue.pictures()})
        record = updated_record(
            Record(draft_id), proofs, pictures.files.texts, pictures.on_site, (), self.clock()
        )
        picture_paths = self._put_pictures(under, sources, pictures, old)
        contents: dict[str, bytes] = {}
        for proof in proofs:
            if proof.issue and proof.body:
                pages = issue_pages(proof.issue, record, self.newsletter, under=under)
                mail_path = f"{under}{proof.edition}/{proof.issue_id}/mail.html"
                mail = Page(mail_path, proof.body.filled(self.newsletter.origin).html)
                contents |= {page.path: page.html.encode() for page in (*pages, mail)}
        for path, content in contents.items():
            self.site.put(path, content)
        return picture_paths | set(contents)

    def _put_pictures(
        self, under: str, sources: list[str], pictures: PictureInspector, old: set[str]
    ) -> set[str]:
        """Write missing pictures: they are named by content, and the largest is written last."""
        paths: set[str] = set()
        for source in sources:
            shown = pictures.on_site(source)
            paths |= {under + size.path for size in shown.sizes}
            if under + shown.largest.path not in old:
                for path, content in pictures.contents(source, shown):
                    self.site.put(under + path, content)
        return paths

    def _report(self, proof: Proof, under: str) -> None:
        """Write the report to the desk, and mail it to the editors with the mail as readers would get it."""
        page = f"{self.newsletter.origin}/{under}{proof.edition}/{proof.issue_id}/index.html"
        report = report_of(proof, f"drafts/{proof.issue_id}", FileOutcome.DRAFT, page)
        mails = [write_report(report, self.desk, self.newsletter)]
        if proof.body:
            mails.append(_test_mail(proof.body, self.newsletter))
        self.notify(self.newsletter.editors, mails, "draft")


def _test_mail(body: Body, newsletter: Newsletter) -> Mail:
    """The mail as readers would get it; its unsubscribe link leads to the home page."""
    mail = body.filled(newsletter.origin, named(body.sender_name, newsletter.sender))
    draft = report_words(newsletter.editors_language)["report_draft"]
    return replace(mail, subject=f"[{draft}] {mail.subject}", headers={"Auto-Submitted": "auto-generated"})
