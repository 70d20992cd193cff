"""The conversion of an export whose posts are surveyed: texts, issues, redirects.

What is interrupted continues with the same command, and the same export and mapping give the same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from broadsheet.newsletter import Newsletter
from conversion.desk_state import DeskState, read_state, state_file
from conversion.desk_writer import DeskWriter, IssueContent, Written
from conversion.facts import Facts
from conversion.gathering import PlacedPost, PlannedIssue, gathered, pieces_of
from conversion.issue_text import Piece, article, gathered_text, is_cut
from conversion.mapping import LEAVE_OUT, Mapping
from conversion.pictures import Pictures
from conversion.post import ExportReader, LeftOut, Reason, UnreadableExportError
from conversion.progress import Track
from conversion.redirecting import OldAddresses, usual_edition
from conversion.texts import MarkdownOf, TextConverter
from conversion.whole_files import put_whole
from conversion.work_folder import WorkFolder
from conversion.work_store import StoredText
from infrastructure.redirects import NAME as REDIRECTS
from infrastructure.redirects import written_redirects


@dataclass
class Result:
    """What a conversion did; paths are within the desk."""

    issues: dict[str, Written] = field(default_factory=dict)
    posts: Counter[str] = field(default_factory=Counter)  # by edition
    by_mapping: list[Facts] = field(default_factory=list)
    cut: list[Facts] = field(default_factory=list)
    untitled: list[Facts] = field(default_factory=list)
    pictures: int = 0
    redirects: int = 0
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def needs_person(self) -> bool:
        """Whether something was left that only a person can decide."""
        return bool(self.left or self.stale or self.conflicts or self.unusable)


def placed_posts(posts: Iterable[Facts], mapping: Mapping) -> tuple[dict[str, PlacedPost], list[Facts]]:
    """The posts that are converted, by id, and those that the mapping leaves out."""
    placed, left_out = dict[str, PlacedPost](), list[Facts]()
    for facts in posts:
        edition, topic = mapping.edition_of(facts), mapping.topic_of(facts)
        if LEAVE_OUT in (edition, topic):
            left_out.append(facts)
            continue
        piece, name = facts.translations or f"\0{facts.id}", unquote(facts.slug) or facts.title
        placed[facts.id] = PlacedPost(facts.id, piece, edition, topic, facts.published, name, facts.size)
    return placed, left_out


@dataclass
class Conversion:
    """One export with a mapping, and the desk that it is converted into."""

    reader: ExportReader
    newsletter: Newsletter
    mapping: Mapping
    desk: Path
    work: WorkFolder
    pictures: Pictures
    track: Track
    result: Result = field(default_factory=Result)

    def convert(self, markdown_of: MarkdownOf, base: str) -> Result:
        """Write the issues of the surveyed posts; a second call writes nothing.

        `base` is a digest of all that a text depends on beside its post.

        Raises:
            UnreadableExportError: a part of the export can't be read. Whole issues were written, or none.
        """
        placed, self.result.by_mapping = placed_posts(self.work.store.posts(), self.mapping)
        texts = TextConverter(self.reader, self.pictures, self.work.store, markdown_of, base)
        texts.convert(placed.keys(), self.track)
        posts = list(self._with_sizes(placed.values()))
        issues = gathered(pieces_of(posts, self.newsletter), self.mapping.issues, self.newsletter)
        before = read_state(self.desk) or DeskState()
        writer = DeskWriter(self.desk, self.work.staging, before, self.work.store)
        for issue in self.track(issues, "Writing issues", len(issues)):
            self.result.issues[issue.id] = writer.write(issue.id, self._content(issue))
        self._write_redirects(issues, writer)
        known = {facts.id for facts in self.work.store.posts()}
        self.result.removed, self.result.stale = writer.remove_stale(known.__contains__)
        self.result.left = writer.left
        put_whole(state_file(self.desk), writer.state.to_json().encode())
        return self.result

    def _with_sizes(self, placed: Iterable[PlacedPost]) -> Iterator[PlacedPost]:
        """The posts that have a text, with its size; the others are left out."""
        for post in placed:
            text, facts = self.work.store.text(post.id), self.work.store.post(post.id)
            if text is None or not text.markdown:
                detail = "nothing of it can be shown"
                self.work.store.add_left_out(LeftOut(facts.place, facts.title, Reason.EMPTY, detail))
                continue
            self.result.posts[post.edition] += 1
            yield replace(post, size=len(text.markdown.encode()) + 2 * len(facts.title.encode()))

    def _content(self, issue: PlannedIssue) -> IssueContent:
        """The files of an issue; a picture that several of its posts show is one file."""
        texts: dict[str, bytes] = {}
        pictures: dict[str, tuple[str, Callable[[], bytes]]] = {}
        by_digest: dict[str, str] = {}
        for edition in issue.editions:
            pieces = []
            for piece in issue.pieces:
                if (post := piece.posts.get(edition)) is None:
                    continue
                facts = self.work.store.post(post.id)
                text = self.work.store.text(post.id) or StoredText("")
                markdown = text.markdown
                for path, digest, where in text.pictures:
                    kept = by_digest.setdefault(digest, path)
                    markdown = markdown.replace(path, kept)
                    pictures[kept] = digest, partial(self._picture, where, digest)
                topic = self.newsletter.topic(piece.topic)
                name = topic.names[edition] if topic else ""
                authors = self.mapping.authors_of(facts)
                pieces.append(Piece(facts.title, facts.summary, markdown, authors, name))
                self._note(facts, is_headline=not issue.is_article)
            texts[f"{edition}.md"] = self._text(issue, pieces).encode()
        self.result.pictures += len(pictures)
        posts = {f"{edition}.md": [post.id for post in issue.posts(edition)] for edition in issue.editions}
        return IssueContent(texts, pictures, posts)

    def _text(self, issue: PlannedIssue, pieces: list[Piece]) -> str:
        if issue.is_article:
            return article(pieces[0])
        is_said_by_folder = not issue.monday or self.newsletter.cadence == "week"
        return gathered_text(pieces, None if is_said_by_folder else issue.monday)

    def _note(self, facts: Facts, *, is_headline: bool) -> None:
        if not facts.title:
            self.result.untitled.append(facts)
        elif is_cut(facts.title, is_headline=is_headline):
            self.result.cut.append(facts)

    def _picture(self, where: str, digest: str) -> bytes:
        content = self.pictures.content(where)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise UnreadableExportError(f"A picture has changed since it was found: {where}. Run it again.")
        return content

    def _write_redirects(self, issues: list[PlannedIssue], writer: DeskWriter) -> None:
        redirects = OldAddresses(self.newsletter)
        for issue in issues:
            for post, page in issue.pages():
                redirects.add(self.work.store.post(post.id).addresses, page)
        usual = usual_edition(self.result.posts, self.newsletter)
        redirects.add_lists(self.reader.site_addresses(), self.mapping, usual)
        self.result.redirects = len(redirects.found)
        self.result.conflicts, self.result.unusable = redirects.conflicts, redirects.unusable
        writer.write_file(REDIRECTS, written_redirects(redirects.found).encode())
