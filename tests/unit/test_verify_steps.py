"""The steps of `broadsheet verify`: each waits for so long and no longer, and says what it found instead."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3

from broadsheet.probes import probe_address, probe_draft
from cli.probing import Probe, StepFailedError
from tests.builders import a_newsletter

NAME = "0123456789abcdef" * 2
DRAFT = probe_draft(NAME)
PREVIEW = f"/drafts/{DRAFT}/en/{DRAFT}/index.html"
REPORT = f"reports/drafts/{DRAFT}/en.html"
LINK = "/api/unsubscribe?t=of-nobody"
PAGE = '<html lang="{}">a page</html>'


@dataclass(frozen=True)
class Answer:
    status: int
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        return self.text.encode()


@dataclass
class VerifiedSite:
    """What a stack answers, by method and path; `asked` is what it was sent."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    is_down: bool = False

    def request(self, method: str, url: str, *, body: str | None, **_: Any) -> Answer:
        if self.is_down:
            raise urllib3.exceptions.HTTPError
        path = url.removeprefix("https://news.example.org")
        self.asked.append((method, path, body or ""))
        return self.answers.get((method, path), Answer(404))


@dataclass
class Shelf:
    """`Desk`: objects by key; `removed` is which prefixes were cleared."""

    objects: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def put(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def remove(self, prefix: str) -> None:
        self.removed.append(prefix)
        self.objects = {key: content for key, content in self.objects.items() if not key.startswith(prefix)}


@dataclass
class VerifySystem:
    """A stack as one probe sees it; `slept` is how long it waited, after which `later` happens."""

    site: VerifiedSite = field(default_factory=VerifiedSite)
    desk: Shelf = field(default_factory=Shelf)
    events: set[str] = field(default_factory=set)
    slept: list[float] = field(default_factory=list)
    later: Any = None

    def probe(self) -> Probe:
        pool: Any = self.site
        recorded = lambda name: frozenset(self.events if name == NAME else ())  # noqa: E731  # shown where it is used
        return Probe(
            NAME,
            "https://news.example.org",
            a_newsletter(),
            self.desk,
            recorded,
            pool,
            self._sleep,
            patience=3,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.later:
            self.later(self)


def test_every_edition_has_its_front_page_in_its_language() -> None:
    world = VerifySystem()
    for edition in ("en", "be", "ru"):
        world.site.answers["GET", f"/{edition}/index.html"] = Answer(200, PAGE.format(edition))
    assert world.probe().front_pages() == "en, be, ru"

    world.site.answers["GET", "/ru/index.html"] = Answer(200, PAGE.format("en"))
    with pytest.raises(StepFailedError, match=r"/ru/index\.html answered 200"):
        world.probe().front_pages()


def test_the_form_is_sent_as_a_browser_sends_it() -> None:
    world = VerifySystem()
    world.site.answers["POST", "/api/subscribe"] = Answer(303)

    assert world.probe().sign_up() == "taken"

    (asked,) = world.site.asked
    assert asked[2].startswith(
        f"email={probe_address(NAME).replace('+', '%2B').replace('@', '%40')}&audience=en"
    )
    world.site.answers["POST", "/api/subscribe"] = Answer(503)
    with pytest.raises(StepFailedError, match="/api/subscribe answered 503"):
        world.probe().sign_up()


def test_a_delivery_is_waited_for_until_a_time_limit() -> None:
    coming = VerifySystem(events={"send"}, later=lambda world: world.events.add("delivery"))
    assert (coming.probe().delivered(), len(coming.slept)) == ("event recorded", 1)

    never = VerifySystem(events={"send"})
    with pytest.raises(StepFailedError, match="events so far: send"):
        never.probe().delivered()
    assert len(never.slept) == 3


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        (Answer(200, '<meta name="robots" content="noindex">'), True),
        (Answer(200, "a page", {"x-robots-tag": "noindex, nofollow"}), True),
        (Answer(200, "a page"), False),
        (Answer(404, "noindex"), False),
    ],
)
def test_a_preview_must_ask_not_to_be_found(answer: Answer, held: bool) -> None:  # noqa: FBT001  # a column
    world = VerifySystem()
    world.site.answers["GET", PREVIEW] = answer
    if held:
        assert world.probe().preview() == "noindex"
        return
    with pytest.raises(StepFailedError, match=r"index\.html"):
        world.probe().preview()


def test_a_report_must_link_to_the_preview() -> None:
    world = VerifySystem()
    world.probe().upload_draft()
    assert list(world.desk.objects) == [f"drafts/{DRAFT}/en.md"]
    with pytest.raises(StepFailedError, match="is not there"):
        world.probe().report()
    world.desk.objects[REPORT] = b"another"
    with pytest.raises(StepFailedError, match="is another"):
        world.probe().report()
    world.desk.objects[REPORT] = f"see {PREVIEW}".encode()
    assert world.probe().report() == "on the desk"


@pytest.mark.parametrize(
    ("posted", "opened", "held"),
    [
        (Answer(200), Answer(410, "<html></html>"), True),
        (Answer(303), Answer(410, "<html></html>"), False),
        (Answer(410), Answer(410, "<html></html>"), False),
        (Answer(200), Answer(410, "gone"), False),
        (Answer(200), Answer(303, "<html></html>"), False),
    ],
)
def test_leaving_answers_a_mail_provider_and_a_person(posted: Answer, opened: Answer, held: bool) -> None:  # noqa: FBT001  # a column
    world = VerifySystem(VerifiedSite({("POST", LINK): posted, ("GET", LINK): opened}))
    if held:
        assert world.probe().leave() == "answered"
        return
    with pytest.raises(StepFailedError):
        world.probe().leave()


def test_the_draft_is_deleted_and_its_report_left_to_expire() -> None:
    world = VerifySystem()
    world.desk.objects = {f"drafts/{DRAFT}/en.md": b"", REPORT: b"", "issues/2016-12-05/en.md": b""}

    assert world.probe().clean_up().startswith("nothing left but its report")

    assert world.desk.removed == [f"drafts/{DRAFT}/"]
    assert list(world.desk.objects) == [REPORT, "issues/2016-12-05/en.md"]


def test_a_preview_that_stays_is_reported() -> None:
    world = VerifySystem(VerifiedSite({("GET", PREVIEW): Answer(200)}))

    with pytest.raises(StepFailedError, match="still answers"):
        world.probe().clean_up()


def test_a_site_that_can_not_be_reached_fails_the_step_alone() -> None:
    world = VerifySystem(VerifiedSite(is_down=True))
    with pytest.raises(StepFailedError, match="can't be reached: HTTPError"):
        world.probe().front_pages()


def test_every_step_says_where_to_look() -> None:
    steps = list(VerifySystem().probe().steps())
    assert all(step.look_at for step in steps)
    assert len({step.name for step in steps}) == len(steps) == 8
