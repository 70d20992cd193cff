"""The conversion of an export whose posts are surveyed: texts, issues, redirects.

What is interrupted continues with the same command, and the same export and mapping give the same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from broadsheet.newsletter import Newsletter
from conversion.desk_state import DeskState, read_state, state_file
from conversion.desk_writer import DeskWriter, IssueContent, Written
from conversion.facts import Facts
from conversion.gathering import PlacedPost, PlannedIssue, gathered, pieces_of, size_of
from conversion.inner_links import hosts_of, with_new_targets
from conversion.issue_text import Piece, article, gathered_text, is_cut
from conversion.mapping import LEAVE_OUT, Mapping
from conversion.pictures import Pictures
from conversion.post import ExportReader, LeftOut, Reason, UnreadableExportError
from conversion.progress import Track
from conversion.redirecting import OldAddresses, usual_edition
from conversion.texts import MarkdownOf, TextConverter
from conversion.whole_files import put_whole
from conversion.work_folder import WorkFolder
from conversion.work_store import StoredPicture, StoredText
from infrastructure.redirects import NAME as REDIRECTS
from infrastructure.redirects import written_redirects

_LONGEST_SHOWN = 200


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

    def __post_init__(self) -> None:
        self.redirects = OldAddresses(self.newsletter)
        self.hosts = hosts_of(self.reader, self.newsletter)

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
        self._redirect(issues)
        for issue in self.track(issues, "Writing issues", len(issues)):
            self.result.issues[issue.id] = writer.write(issue.id, self._content(issue))
        writer.write_file(REDIRECTS, written_redirects(self.redirects.found).encode())
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
            picture_bytes = len(self.newsletter.editions) * sum(picture.size for picture in text.pictures)
            yield replace(post, size=size_of(facts.title, text.markdown, picture_bytes))

    def _content(self, issue: PlannedIssue) -> IssueContent:
        """The files of an issue."""
        pictures: dict[str, StoredPicture] = {}
        texts = {}
        for edition in issue.editions:
            posts = [(p.topic, p.posts[edition]) for p in issue.pieces if edition in p.posts]
            pieces = [self._piece(post, topic, pictures) for topic, post in posts]
            texts[f"{edition}.md"] = self._text(issue, pieces).encode()
            for _, post in posts:
                self._note(self.work.store.post(post.id), is_headline=not issue.is_article)
        self.result.pictures += len(pictures)
        read = {each.path: (each.digest, partial(self._picture, each)) for each in pictures.values()}
        of_texts = {f"{edition}.md": [post.id for post in issue.posts(edition)] for edition in issue.editions}
        return IssueContent(texts, read, of_texts)

    def _piece(self, post: PlacedPost, topic_id: str, pictures: dict[str, StoredPicture]) -> Piece:
        """The post as it is written; `pictures` are the issue's by digest, so that each is one file."""
        facts, text = self.work.store.post(post.id), self.work.store.text(post.id) or StoredText("")
        markdown = text.markdown
        for picture in text.pictures:
            markdown = markdown.replace(picture.path, pictures.setdefault(picture.digest, picture).path)
        markdown = with_new_targets(markdown, self.redirects.found, self.hosts)
        topic = self.newsletter.topic(topic_id)
        name = topic.names[post.edition] if topic else ""
        return Piece(facts.title, facts.summary, markdown, self.mapping.authors_of(facts), name)

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

    def _picture(self, picture: StoredPicture) -> bytes:
        content = self.pictures.content(picture.where)
        if content is None or hashlib.sha256(content).hexdigest() != picture.digest:
            where = picture.where[:_LONGEST_SHOWN]
            raise UnreadableExportError(f"A picture has changed since it was found: {where}. Run it again.")
        return content

    def _redirect(self, issues: list[PlannedIssue]) -> None:
        """Let the old addresses lead to the pages of the issues."""
        redirects = self.redirects = OldAddresses(self.newsletter)
        for issue in issues:
            for post, page in issue.pages():
                redirects.add(self.work.store.post(post.id).addresses, page)
        usual = usual_edition(self.result.posts, self.newsletter)
        redirects.add_lists(self.reader.site_addresses(), self.mapping, usual)
        redirects.add_home_pages(usual)
        self.result.redirects = len(redirects.found)
        self.result.conflicts, self.result.unusable = redirects.conflicts, redirects.unusable
