"""Drafts: a private preview of page and mail, and a test mail to the editors. Nothing becomes public."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from broadsheet.archive.register import Record
from broadsheet.mail import Mail, named
from broadsheet.mailings.body import Body
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.probes import is_probe_draft
from broadsheet.publishing.accept import accepted
from broadsheet.publishing.looks import Album, NoMemory, PictureMemory, Turn
from broadsheet.publishing.ports import Desk, GoneError
from broadsheet.publishing.proofread import Proof, Surroundings, proofread_all
from broadsheet.publishing.report import Fate, Report, report_html, report_mail
from broadsheet.publishing.reporting import MailReports
from broadsheet.site.frame import Page
from broadsheet.site.lists import ListPages
from broadsheet.site.pages import issue_pages
from broadsheet.site.ports import Site

TRIES = 5
UNFINISHED = "unfinished"  # in place of a digest: pages may be there of any files


@dataclass(frozen=True)
class Preview:
    """Where a draft's preview stands: a token that nobody guesses, and the files that it was made of."""

    draft: str
    token: str
    digest: str = ""


class Previews(Protocol):
    """The previews that were made."""

    def get(self, draft: str) -> Preview | None:
        """The draft's preview."""

    def keep(self, preview: Preview) -> None:
        """Remember a preview over the draft's last one."""


class _ByName:
    """`Previews` of drafts whose names nobody guesses: where they stand follows from that."""

    def get(self, draft: str) -> Preview:
        """The name is the token, too; what was previewed is not known."""
        return Preview(draft, draft, UNFINISHED)

    def keep(self, preview: Preview) -> None:
        """Nothing has to be remembered."""


@dataclass(frozen=True)
class PreviewDraft:
    """The use case with its ports; `token` gives a new one. The site forgets previews after 14 days."""

    newsletter: Newsletter
    desk: Desk
    site: Site
    previews: Previews
    lists: ListPages
    tell: MailReports
    clock: Clock
    token: Callable[[], str]
    memory: PictureMemory

    def __call__(self, draft_id: str) -> bool:
        """Preview the draft's folder as it is now; false if these files were previewed already.

        A second time after a crash it mails once more; a folder that is empty now loses its preview.
        Of a probe's draft nothing is remembered, and nobody is mailed.

        Raises:
            GoneError: files kept changing; the queue offers the order again.
            MoreToDoError: there are more pictures than one order works on; another is to go on.
        """
        preview, turn = self, Turn(self.clock)
        if is_probe_draft(draft_id):
            unmailed = replace(self.newsletter, editors=())
            preview = replace(self, newsletter=unmailed, previews=_ByName(), memory=NoMemory())
        for _ in range(TRIES):
            try:
                return preview.preview(draft_id, turn)
            except GoneError as error:
                gone = error
        raise gone

    def preview(self, draft_id: str, turn: Turn) -> bool:
        """The same for any draft, once."""
        folder = f"drafts/{draft_id}"
        preview = self.previews.get(draft_id) or Preview(draft_id, self.token())
        digest = self.desk.digest(folder)
        if digest == preview.digest:
            return False
        files = self.desk.files(folder)
        album = Album(folder, draft_id, files, [], self.memory, turn)
        self.previews.keep(replace(preview, digest=UNFINISHED))
        under = f"drafts/{preview.token}/"
        old = set(self.site.names(under))
        self.lists.ensure_frame()
        proofs = proofread_all(folder, draft_id, files, self.newsletter, Surroundings(look=album))
        for path in sorted(old - self._put(draft_id, under, proofs, album, old)):
            self.site.remove(path)
        for proof in proofs:
            self._tell(proof, under)
        album.forget_what_is_gone()
        self.previews.keep(replace(preview, digest=files.digest))
        return True

    def _put(self, draft_id: str, under: str, proofs: list[Proof], album: Album, old: set[str]) -> set[str]:
        """Write the preview's pages and mails, and the pictures that are not there yet; gives all paths."""
        sources = sorted({source for p in proofs if p.issue for source in p.issue.pictures()})
        record = accepted(Record(draft_id), proofs, album.files.texts, album.shown, (), self.clock())
        pictures = self._put_pictures(under, sources, album, old)
        contents: dict[str, bytes] = {}
        for proof in proofs:
            if proof.issue and proof.body:
                pages = issue_pages(proof.issue, record, self.newsletter, under=under)
                mail = Page(_mail_path(under, proof), proof.body.filled(self.newsletter.origin).html)
                contents |= {page.path: page.html.encode() for page in (*pages, mail)}
        for path, content in contents.items():
            self.site.put(path, content)
        return pictures | set(contents)

    def _put_pictures(self, under: str, sources: list[str], album: Album, old: set[str]) -> set[str]:
        """Their names are those of their contents, so that what is there is right; the largest comes last."""
        paths: set[str] = set()
        for source in sources:
            shown = album.shown(source)
            paths |= {under + size.path for size in shown.sizes}
            if under + shown.largest.path not in old:
                for path, content in album.contents(source, shown):
                    self.site.put(under + path, content)
        return paths

    def _tell(self, proof: Proof, under: str) -> None:
        """A report on the desk; to the editors a report, too, and the mail as readers would get it."""
        page = f"{self.newsletter.origin}/{under}{proof.edition}/{proof.issue_id}/index.html"
        report = Report(
            f"drafts/{proof.issue_id}",
            proof.edition,
            Fate.DRAFT if proof.issue else Fate.REFUSED,
            proof.findings,
            proof.revision,
            proof.issue.title if proof.issue else "",
            page if proof.issue else "",
            len(proof.issue.commentaries) if proof.issue else 0,
            len(proof.body.html.encode()) if proof.body else 0,
        )
        html = report_html(report, self.newsletter)
        self.desk.report(f"{report.issue_id}/{report.edition}.html", html)
        mails = [report_mail(report, html, self.newsletter)]
        if proof.body:
            mails.append(_test_mail(proof.body, self.newsletter))
        self.tell(self.newsletter.editors, mails, "draft")


def _mail_path(under: str, proof: Proof) -> str:
    return f"{under}{proof.edition}/{proof.issue_id}/mail.html"


def _test_mail(body: Body, newsletter: Newsletter) -> Mail:
    sample = body.filled(newsletter.origin)  # the link to leave leads home
    return Mail(
        sender=named(body.sender_name, newsletter.sender),
        subject=f"[draft] {sample.subject}",
        text=sample.text,
        html=sample.html,
        headers={"Auto-Submitted": "auto-generated"},
    )
