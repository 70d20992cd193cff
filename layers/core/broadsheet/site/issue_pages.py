"""The pages of an issue's edition: the issue, its commentaries, and a notice for each removed text."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any

from markupsafe import Markup

from broadsheet.archive.register import PublishedEdition, Record
from broadsheet.content.issue import Commentary, Issue
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.rendering.html import to_html
from broadsheet.rendering.images import BESIDE, BESIDE_FIRST, Images, images_of
from broadsheet.rendering.links import relative_on_site
from broadsheet.site.layout import Alternate, Page, PageHead, alternates, in_layout
from broadsheet.site.social import Image, card_image
from broadsheet.site.social_issue import commentary_linked, issue_linked, social

COMMENTARY_HEADING_RAISE = 2


def note_prefix(issue_id: str, name: str) -> str:
    """The prefix of footnote ids, unique in a feed with several issues as well."""
    return f"note-{issue_id}-{name}"


def issue_pages(issue: Issue, record: Record, newsletter: Newsletter, *, under: str = "") -> list[Page]:
    """The page of an issue, one for each commentary, and a notice for each removed commentary.

    `record` has the other editions, and the pictures of this one. With `under` ("drafts/<token>/") the pages
    and pictures are a private preview below that path.
    """
    renderer = _IssueRenderer(issue, record, newsletter, under)
    names = {piece.name for piece in issue.commentaries}
    removed = [name for name in renderer.published.gone if name not in names]
    return [
        renderer.issue_page(),
        *(renderer.commentary_page(number) for number in range(len(issue.commentaries))),
        *(renderer.removed_page(name) for name in removed),
    ]


def withdrawn_pages(record: Record, edition_id: str, newsletter: Newsletter) -> list[Page]:
    """A notice for every page of a withdrawn edition, with the day of its withdrawal."""
    edition, published = newsletter.editions[edition_id], record.editions[edition_id]
    words = language(edition.language)
    day = local_day(published.withdrawn_at, newsletter) or published.last_day
    names = ("index", *dict.fromkeys((*published.names, *published.gone)))
    return [
        _notice(
            f"{edition.id}/{record.issue}/{name}.html",
            f"{words['withdrawn_on']} {words.day(day)}",
            words["withdrawn_text"],
            edition,
            issue_alternates(record, name, edition, newsletter),
            newsletter,
            week=words.week(published.first_day, published.last_day),
            onward={"path": f"{edition.id}/archive/index.html", "words": words["view_all"]},
        )
        for name in names
    ]


def issue_alternates(
    record: Record, name: str, edition: Edition, newsletter: Newsletter, under: str = ""
) -> tuple[Alternate, ...]:
    """The targets of the language switch: the same commentary, else the issue, else the home page.

    In a preview, the other editions of the issue are below `under`, too.
    """
    editions = record.published
    has = {edition.id, *(e for e, other in editions.items() if name == "index" or name in other.names)}

    def path_of(other: Alternate) -> str:
        if other.edition.id not in editions:
            return other.path
        return under + (other.path if other.exact else f"{other.edition.id}/{record.issue}/index.html")

    others = alternates(newsletter, f"{record.issue}/{name}.html", has)
    return tuple(Alternate(other.edition, path_of(other), other.exact) for other in others)


def local_day(moment: datetime | None, newsletter: Newsletter) -> date | None:
    """The day of a moment in the newsletter's time zone."""
    return moment.astimezone(newsletter.zone).date() if moment else None


def _notice(
    path: str,
    title: str,
    text: str,
    edition: Edition,
    switch: tuple[Alternate, ...],
    newsletter: Newsletter,
    **values: Any,  # noqa: ANN401  # for the template
) -> Page:
    head = PageHead(edition, path, title, alternates=switch, public=False)
    return in_layout("notice.html", head, newsletter, text=text, **values)


@dataclass(frozen=True)
class _IssueRenderer:
    """Renders the pages of one edition of an issue; shared parts are rendered once."""

    issue: Issue
    record: Record
    newsletter: Newsletter
    under: str

    @cached_property
    def published(self) -> PublishedEdition:
        return self.record.editions[self.issue.edition]

    @cached_property
    def edition(self) -> Edition:
        return self.newsletter.editions[self.issue.edition]

    @cached_property
    def folder(self) -> str:
        return f"{self.edition.id}/{self.issue.id}"

    @cached_property
    def root(self) -> str:
        return "../" * f"{self.under}{self.folder}/".count("/")

    @cached_property
    def images(self) -> Images:
        return images_of(self.published.pictures, self.root + self.under, self.edition, self.newsletter)

    @cached_property
    def shared(self) -> dict[str, Any]:
        words = language(self.edition.language)
        return {
            "issue": self.issue,
            "week": words.week(self.issue.first_day, self.issue.last_day),
            "corrected_on": self._corrected_on(),
            "draft": bool(self.under),
        }

    def issue_page(self) -> Page:
        issue, pieces = self.issue, self.issue.commentaries
        raised = 1 if pieces else 0
        intro = self._text(issue.intro, "intro", raised) if issue.intro else ""
        thumbs = {p.name: self._thumb(p, first=p is pieces[0]) for p in pieces}
        address = f"{self.newsletter.origin}/{self.folder}/index.html"
        image = self._image(*issue.pictures())
        data = issue_linked(address, issue, self.record, image, self.newsletter)
        head = self._head("index", issue.title, issue.summary, image, data)
        return in_layout("issue.html", head, self.newsletter, intro=intro, thumbs=thumbs, **self.shared)

    def commentary_page(self, number: int) -> Page:
        pieces = self.issue.commentaries
        piece = pieces[number]
        text = self._text(piece.blocks, piece.name, COMMENTARY_HEADING_RAISE)
        address = f"{self.newsletter.origin}/{self.folder}/{piece.name}.html"
        image = self._image(*([piece.picture.source] if piece.picture else []), *self._inside(piece))
        data = commentary_linked(address, piece, self.issue, self.record, image, self.newsletter)
        return in_layout(
            "commentary.html",
            self._head(piece.name, piece.headline, piece.summary, image, data),
            self.newsletter,
            piece=piece,
            text=text,
            figure=self._figure(piece),
            before=pieces[number - 1] if number else None,
            after=pieces[number + 1] if number + 1 < len(pieces) else None,
            **self.shared,
        )

    def removed_page(self, name: str) -> Page:
        words = language(self.edition.language)
        return _notice(
            f"{self.under}{self.folder}/{name}.html",
            words["taken_heading"],
            words["taken_text"],
            self.edition,
            issue_alternates(self.record, name, self.edition, self.newsletter, self.under),
            self.newsletter,
            week=self.shared["week"],
            onward={"path": f"{self.under}{self.folder}/index.html", "words": self.issue.title},
        )

    def _head(self, name: str, title: str, description: str, image: Image, data: dict[str, Any]) -> PageHead:
        return PageHead(
            self.edition,
            f"{self.under}{self.folder}/{name}.html",
            title,
            description,
            issue_alternates(self.record, name, self.edition, self.newsletter, self.under),
            public=not self.under,
            sign_up=not self.under,
            social=None
            if self.under
            else social(self.published, image, self.issue.authors, data, self.newsletter),
            draft=bool(self.under),
        )

    def _text(self, blocks: tuple[Any, ...], prefix: str, raised: int) -> Markup:
        words = language(self.edition.language)
        return to_html(
            blocks,
            prefix=note_prefix(self.issue.id, prefix),
            pictures=self.images,
            link=partial(relative_on_site, origin=self.newsletter.origin, root=self.root),
            raise_headings=raised,
            below=1,
            wide=words["wide_part"],
            back=words["back_to_text"],
            language_of=self.images.language_of,
        )

    def _figure(self, piece: Commentary) -> Markup | None:
        if (picture := piece.picture) is None or picture.source not in self.published.pictures:
            return None
        html = self.images.figure(picture.source, picture.alt, picture.caption, first=True)
        return Markup(html)  # noqa: S704  # escaped by `Images`

    def _thumb(self, piece: Commentary, *, first: bool) -> Markup | None:
        if (picture := piece.picture) is None or picture.source not in self.published.pictures:
            return None
        sizes = BESIDE_FIRST if first else BESIDE
        html = self.images.image(picture.source, picture.alt, first=first, sizes=sizes)
        return Markup(html)  # noqa: S704  # escaped by `Images`

    def _image(self, *sources: str) -> Image:
        """The first of these that the site has, else the card."""
        source = next((source for source in sources if source in self.published.pictures), None)
        if source is None:
            return card_image(self.edition, self.newsletter)
        size = self.published.pictures[source].largest
        beside = (piece.picture for piece in self.issue.commentaries if piece.picture)
        alt = next((picture.alt for picture in beside if picture.source == source), "")
        address = f"{self.newsletter.origin}/{size.path}"
        return Image(address, size.width, size.height, alt or self.issue.title)

    @staticmethod
    def _inside(piece: Commentary) -> list[str]:
        return [n.attributes["url"] for block in piece.blocks for n in block.walk() if n.kind == "image"]

    def _corrected_on(self) -> dict[str, str] | None:
        day = local_day(self.published.corrected_at, self.newsletter)
        return {"day": language(self.edition.language).day(day), "iso": day.isoformat()} if day else None
