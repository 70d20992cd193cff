"""After any changes of the desk, with events in any order, the site is as a full build makes it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.mailings.mailing import MailingState
from broadsheet.publishing.ports import IssueFiles
from cli.generator import Build
from tests.effort import tries
from tests.fakes.issues import FakeSite
from tests.fakes.publishing import PublishingSystem
from tests.pictures import a_picture

ISSUES = ("2016-12-12", "2016-12-19", "2016-12-26", "2017-01-02", "2017-01-09", "2017-01-09-extra")
EDITIONS = ("en", "be", "ru")
HEAD = "---\ntitle: {title}\nsummary: A summary of {title}.\n---\n"
PIECE = "## {topic}\n\n### {title}: a headline\n\n{picture}Nothing moved.\n\n"
PICTURE = "![A bridge](images/bridge.png)\n\n"
TEXTS = {
    "one": HEAD + PIECE.replace("{topic}", "security"),
    "two": HEAD + PIECE.replace("{topic}", "security") + PIECE.replace("{topic}", "belarus-west"),
    "article": HEAD + "Plain words.\n",
    "broken": HEAD + PIECE.replace("{topic}", "the weather"),
}


@dataclass(frozen=True)
class Upload:
    """A text or a picture, uploaded to the desk."""

    issue: str
    edition: str
    text: str
    pictured: bool
    shade: int

    def happen(self, system: PublishingSystem) -> None:
        picture = PICTURE if self.pictured else ""
        text = TEXTS[self.text].format(title=f"{self.edition} {self.text} {self.shade}", picture=picture)
        system.upload(self.issue, f"{self.edition}.md", text)
        system.upload(self.issue, "images/bridge.png", a_picture(shade=self.shade))


@dataclass(frozen=True)
class Delete:
    """A text taken off the desk."""

    issue: str
    edition: str

    def happen(self, system: PublishingSystem) -> None:
        system.desk.objects.pop(f"issues/{self.issue}/{self.edition}.md", None)


@dataclass(frozen=True)
class MailingBegins:
    """The issue's mailings go out, so that what comes later is a correction."""

    issue: str

    def happen(self, system: PublishingSystem) -> None:
        for mailing in list(system.ledger.mailings.values()):
            record = system.register.records.get(self.issue)
            if (
                mailing.issue == self.issue
                and mailing.state is MailingState.HELD
                and record
                and record.public
            ):
                edition = min(record.public)
                system.ledger.mailings[mailing.id] = replace(
                    mailing, state=MailingState.SENDING, edition=edition
                )


@dataclass(frozen=True)
class Event:
    """An event is delivered, perhaps once more, perhaps of something long gone."""

    issue: str

    def happen(self, system: PublishingSystem) -> None:
        system.publish(self.issue)


@dataclass(frozen=True)
class EventWithin:
    """A worker's call number `at` is slow, and all of `meanwhile` happens before it."""

    issue: str
    at: int
    meanwhile: tuple[Any, ...]

    def happen(self, system: PublishingSystem) -> None:
        def others() -> None:
            for step in self.meanwhile:
                step.happen(system)

        system.publish_issue(Interrupted(self.at, others).through)(self.issue)


@dataclass
class Interrupted:
    """Ports whose call number `at` waits until `others` are done."""

    at: int
    others: Callable[[], None]
    calls: int = 0

    def through(self, port: Any) -> Any:
        return _Slow(port, self)

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.at:
            self.others()
        return method(*args, **named)


@dataclass
class _Slow:
    port: Any
    worker: Interrupted

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.port, name)
        return lambda *args, **named: self.worker.call(method, *args, **named)


@dataclass
class DeskInMemory:
    """The desk as its editors have it at home, with the originals of pictures, as a build reads it."""

    system: PublishingSystem
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key in self.system.desk.objects:
            _, issue, *rest = key.split("/")
            if rest[-1].endswith(".md"):
                self.texts.setdefault(issue, {})[rest[-1].removesuffix(".md")] = key

    def files(self, issue: str) -> IssueFiles:
        files, desk = self.system.desk.files(f"issues/{issue}"), self.system.desk
        kept = {name: desk.originals.get(f"issues/{issue}/{name}", {}) for name in files.pictures}
        originals = {name: kept[name].get(content, content) for name, content in files.pictures.items()}
        return replace(files, pictures=originals)


@dataclass
class RevisionsInMemory:
    """The texts that a publishing system kept, as a build reads them."""

    system: PublishingSystem

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        return self.system.revisions.text(issue, edition, revision)

    def has(self, issue: str, edition: str, revision: str) -> bool:
        return (issue, edition, revision) in self.system.revisions.texts


def full_build(system: PublishingSystem) -> FakeSite:
    """What a build of the desk makes, with the history that the register kept."""
    site: Any = FakeSite()
    desk: Any = DeskInMemory(system)
    revisions: Any = RevisionsInMemory(system)
    history = {name: record for name, record in system.register.records.items() if record.editions}
    build = Build(system.newsletter, desk, revisions, site, history)
    with build.issues() as issues:
        list(issues)
    list(build.finish())
    return site


@dataclass(frozen=True)
class Together:
    """Steps one after another."""

    steps: tuple[Any, ...]

    def happen(self, system: PublishingSystem) -> None:
        for step in self.steps:
            step.happen(system)


def of_one_issue(issue: str) -> st.SearchStrategy[Any]:
    """What can happen to an issue: alone, with its event at once, or within another worker's work."""
    uploads = st.builds(
        Upload,
        st.just(issue),
        st.sampled_from(EDITIONS),
        st.sampled_from(sorted(TEXTS)),
        st.booleans(),
        st.integers(1, 3),
    )
    deletions = st.builds(Delete, st.just(issue), st.sampled_from(EDITIONS))
    changes = st.one_of(uploads, uploads, uploads, deletions)
    event = Event(issue)
    worked_off = changes.map(lambda change: Together((change, event)))
    within = st.builds(EventWithin, st.just(issue), st.integers(1, 120), worked_off.map(lambda step: (step,)))
    raced = st.builds(lambda change, race: Together((change, race)), changes, within)
    return st.one_of(
        changes, worked_off, worked_off, raced, raced, st.just(event), st.just(MailingBegins(issue))
    )


issues = st.sampled_from([*ISSUES, *ISSUES[:2] * 3])  # two of them often


@settings(max_examples=tries(10, proof=400), suppress_health_check=list(HealthCheck))
@given(st.lists(issues.flatmap(of_one_issue), min_size=10, max_size=30))
def test_any_interleaving_ends_in_the_bytes_of_a_full_build(happened: list[Any]) -> None:
    system = PublishingSystem()
    for step in happened:
        step.happen(system)
        system.clock.move(timedelta(minutes=1))
    for issue in ISSUES:
        system.publish(issue)  # each change brings its event, in the end

    system.publish_issue().lists.ensure_static_pages()  # where nothing was ever good
    system.publish_issue().lists.write_indexes()
    built = full_build(system)
    left = {
        path: content
        for path, content in system.site.objects.items()
        if path in built.objects or not outlived(system, path)
    }
    assert set(left) == set(built.objects)
    differing = [path for path, content in built.objects.items() if left[path] != content]
    assert differing == []


def outlived(system: PublishingSystem, path: str) -> bool:
    """A picture of a public text whose file on the desk is broken now: the build can't make it again."""
    if not path.startswith("media/"):
        return False
    desk = {key.split("/")[1]: key for key in system.desk.objects}
    record = system.register.get(path.split("/")[1])
    return record.issue in desk and any(
        path in {size.path for picture in entry.pictures.values() for size in picture.sizes}
        and "weather" in system.desk.objects.get(f"issues/{record.issue}/{edition}.md", b"").decode()
        for edition, entry in record.editions.items()
    )
