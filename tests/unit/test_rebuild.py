"""A rebuild of all pages: step by step, over old pages that stay complete until the end."""

import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace

import pytest

from broadsheet.publishing.desk_events import Rebuild, RebuildRequest
from broadsheet.publishing.front_page import RequestRebuild
from broadsheet.publishing.picture_inspection import PICTURES_PER_MESSAGE, MoreToDoError
from broadsheet.publishing.rebuild import RebuildStatus, renderer_version
from tests.builders import a_newsletter
from tests.fakes.publishing import PublishingSystem
from tests.pictures import a_picture

GOOD = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\nNothing moved.\n"
WEEKS = ("2015-12-28", "2016-12-05", "2016-12-12")
LINKED = re.compile(r'(?:href|src|content)="(?:[^"]*/)?(assets/[^"]+)"')


def a_system() -> PublishingSystem:
    """Three weeks in two years, made with the old colour; then the newsletter's colour changed."""
    system = PublishingSystem()
    for week in WEEKS:
        system.upload(week, "en.md", GOOD)
        system.publish(week)
    system.newsletter = replace(system.newsletter, accent="#333333")
    return system


def step_by_step(system: PublishingSystem) -> list[RebuildStatus]:
    """Process the chain, message by message."""
    steps = [system.rebuild_site().begin_if_outdated("event")]
    while system.rebuild_messages:
        steps.append(system.rebuild_site().step(system.rebuild_messages.pop(0)))
    return steps


def broken_pages(system: PublishingSystem) -> list[str]:
    """Pages that refer to an asset that is not there."""
    pages = ((path, system.site.page(path)) for path in system.site.objects if path.endswith(".html"))
    return [path for path, page in pages if not set(LINKED.findall(page)) <= set(system.site.objects)]


def test_a_changed_newsletter_is_in_every_page_in_the_end_and_old_assets_are_deleted() -> None:
    system = a_system()
    old = {path for path in system.site.objects if path.startswith("assets/style-")}

    assert step_by_step(system)[-1] is RebuildStatus.COMPLETE

    new = {path for path in system.site.objects if path.startswith("assets/style-")}
    assert (len(old), len(new), old & new) == (1, 1, set())
    undisturbed = PublishingSystem(system.newsletter, clock=PublishingSystem().clock)
    for week in WEEKS:
        undisturbed.upload(week, "en.md", GOOD)
        undisturbed.publish(week)
    assert system.site.objects == undisturbed.site.objects


def test_no_page_is_broken_after_any_step() -> None:
    system = a_system()
    system.rebuild_site().begin_if_outdated("event")
    while system.rebuild_messages:
        assert broken_pages(system) == []
        system.rebuild_site().step(system.rebuild_messages.pop(0))
    assert broken_pages(system) == []


def test_a_message_that_comes_twice_ends_the_same() -> None:
    once, twice = a_system(), a_system()
    step_by_step(once)
    twice.rebuild_site().begin_if_outdated("event")
    while twice.rebuild_messages:
        message = twice.rebuild_messages.pop(0)
        twice.rebuild_site().step(message)
        twice.rebuild_messages.clear()
        twice.rebuild_site().step(message)
    assert twice.site.objects == once.site.objects


def test_pages_of_this_renderer_version_are_not_rendered_again() -> None:
    system = a_system()
    step_by_step(system)
    system.site.writes.clear()
    assert step_by_step(system) == [RebuildStatus.UP_TO_DATE]
    assert [path for path in system.site.writes if "/2016-" in path] == []


def test_a_message_of_an_older_renderer_version_does_nothing() -> None:
    system = a_system()
    system.site.writes.clear()
    assert system.rebuild_site("new").step(Rebuild("old")) is RebuildStatus.OUTDATED
    assert (system.site.writes, system.rebuild_messages) == ([], [])


def test_a_text_whose_topic_is_no_longer_known_keeps_its_page_and_what_it_needs() -> None:
    system = a_system()
    before = system.site.page("en/2016-12-05/security-1.html")
    system.newsletter = replace(system.newsletter, topics=system.newsletter.topics[1:])

    assert step_by_step(system)[-1] is RebuildStatus.INCOMPLETE

    assert system.site.page("en/2016-12-05/security-1.html") == before
    assert broken_pages(system) == []


@pytest.mark.parametrize("change", [{"accent": "#333333"}, {"name": "Another"}])
def test_a_renderer_version_depends_on_the_newsletter(change: dict[str, str]) -> None:
    assert (
        renderer_version(a_newsletter())
        == renderer_version(a_newsletter())
        != renderer_version(a_newsletter(**change))
    )


# -- on request


def a_pictured_system(pictures: int = 1) -> PublishingSystem:
    """Three weeks, the second with pictures; all pages have this renderer version."""
    system = PublishingSystem()
    for week in WEEKS:
        system.upload(week, "en.md", GOOD)
    names = [f"images/bridge-{number}.png" for number in range(pictures)]
    for number, name in enumerate(names):
        system.upload("2016-12-05", name, a_picture(shade=number))
    shown = "\n\n".join(f"![A bridge]({name})" for name in names)
    system.upload("2016-12-05", "en.md", GOOD.replace("Nothing moved.", f"Nothing moved.\n\n{shown}"))
    for week in WEEKS:
        publish_all(system, week)
    step_by_step(system)
    system.site.writes.clear()
    return system


def publish_all(system: PublishingSystem, week: str) -> None:
    while True:
        try:
            system.publish(week)
        except MoreToDoError:
            continue
        return


def requested(system: PublishingSystem, run: str = "run", *, anew: bool = False) -> list[RebuildStatus]:
    """Begin a rebuild and process its chain."""
    steps = [system.rebuild_site().begin(RebuildRequest(run, anew))]
    while system.rebuild_messages:
        steps.append(system.rebuild_site().step(system.rebuild_messages.pop(0)))
        assert len(steps) < 100
    return steps


def test_whatever_was_deleted_or_changed_on_the_site_comes_back_and_nothing_else_is_written() -> None:
    system = a_pictured_system()
    whole = dict(system.site.objects)
    lost = [
        *(
            "index.html",
            "robots.txt",
            "en/index.html",
            "en/feed.xml",
            "en/2016-12-05/security-1.html",
            "en/archive/2015.html",
        ),
        *(path for path in whole if path.startswith(("media/", "assets/"))),
    ]
    for path in lost:
        del system.site.objects[path]
    system.site.objects["en/2016-12-12/index.html"] = b"changed by a stranger"
    assert any(path.startswith("media/") for path in lost)

    assert requested(system)[-1] is RebuildStatus.COMPLETE

    assert system.site.objects == whole
    assert sorted(system.site.writes) == sorted([*lost, "en/2016-12-12/index.html"])
    assert counts_of(system) == (len(lost) + 1, len(whole) - len(lost) - 1)
    assert {path for path in lost if path.startswith(("media/", "assets/"))} <= system.site.forever


def counts_of(system: PublishingSystem) -> tuple[int, int]:
    """How many objects the last rebuild wrote, and how many were right."""
    ended = system.rebuilds.latest()
    assert ended is not None
    return ended.written, ended.right


def test_a_site_of_which_nothing_is_left_comes_back_whole() -> None:
    system = a_pictured_system(3)
    whole = dict(system.site.objects)
    system.site.objects.clear()
    assert requested(system)[-1] is RebuildStatus.COMPLETE
    assert system.site.objects == whole
    assert counts_of(system) == (len(whole), 0)


def test_a_rebuild_of_a_site_that_is_right_writes_nothing() -> None:
    system = a_pictured_system(3)
    requested(system)
    assert (system.site.writes, counts_of(system)) == ([], (0, len(system.site.objects)))


def test_anew_writes_every_object_though_nothing_changed() -> None:
    system = a_pictured_system(3)
    whole = dict(system.site.objects)
    requested(system, anew=True)
    assert (system.site.objects, set(system.site.writes)) == (whole, set(whole))
    assert counts_of(system) == (len(whole), 0)


def test_a_rebuild_mails_nobody_and_changes_no_record() -> None:
    system = a_pictured_system()
    records, mails, due = dict(system.register.records), list(system.mailer.sent), dict(system.schedule.due)
    requested(system, anew=True)
    assert (system.register.records, system.mailer.sent, system.schedule.due) == (records, mails, due)
    assert system.desk.calls["report"] == a_pictured_system().desk.calls["report"]


@pytest.mark.parametrize("anew", [False, True])
def test_more_pictures_than_one_message_may_read_come_back_over_several(anew: bool) -> None:  # noqa: FBT001  # a column
    system = a_pictured_system(2 * PICTURES_PER_MESSAGE + 7)
    whole = dict(system.site.objects)
    for path in system.site.names("media/"):
        del system.site.objects[path]
    steps = requested(system, anew=anew)
    assert system.site.objects == whole
    assert len(steps) > len(requested(a_pictured_system(), "another"))
    assert system.rebuilds.last
    assert (system.rebuilds.last.done, system.rebuilds.last.lost) == (len(WEEKS), ())


def test_pictures_that_are_on_the_desk_no_more_are_named_and_the_rest_is_done() -> None:
    system = a_pictured_system(3)
    gone, changed = "issues/2016-12-05/images/bridge-0.png", "issues/2016-12-05/images/bridge-1.png"
    del system.desk.objects[gone]
    system.desk.objects[changed] = a_picture(shade=200)
    system.site.objects.clear()
    assert requested(system)[-1] is RebuildStatus.COMPLETE
    assert system.rebuilds.last
    assert set(system.rebuilds.last.lost) == {gone, changed}
    assert len(system.site.names("media/")) == 1
    assert "en/2016-12-05/index.html" in system.site.objects


def test_a_second_request_takes_the_place_of_the_first_and_keeps_what_that_asked_for() -> None:
    system = a_pictured_system()
    whole = dict(system.site.objects)
    system.rebuild_site().begin(RebuildRequest("first", anew=True))
    assert requested(system, "second").count(RebuildStatus.OUTDATED) == 1
    assert (system.site.objects, set(system.site.writes)) == (whole, set(whole))
    assert system.rebuilds.last
    assert (system.rebuilds.last.run, system.rebuilds.last.phase) == ("second", "ended")


def test_a_request_that_comes_again_begins_nothing_once_it_is_under_way() -> None:
    system = a_pictured_system()
    request = RebuildRequest("run")
    system.rebuild_site().begin(request)
    for _ in range(2):
        system.rebuild_site().step(system.rebuild_messages.pop(0))
    assert system.rebuild_site().begin(request) is RebuildStatus.OUTDATED
    assert len(system.rebuild_messages) == 1


def test_a_crash_between_any_two_writes_loses_nothing() -> None:
    pictured = a_pictured_system(3)
    whole = dict(pictured.site.objects)
    for at in range(0, 40, 3):
        system = deepcopy(pictured)
        system.site.objects.clear()
        dying = system.rebuild_site()
        system.site.meanwhile = [lambda: None] * at + [die]
        waiting: list[RebuildRequest | Rebuild] = [RebuildRequest("run")]
        while waiting:
            message = waiting[0]
            with suppress(DiedError):
                dying.begin(message) if isinstance(message, RebuildRequest) else dying.step(message)
                waiting.pop(0)
            waiting += system.rebuild_messages
            system.rebuild_messages.clear()
        assert system.site.objects == whole


class DiedError(Exception):
    """The worker died."""


def die() -> None:
    raise DiedError


def test_an_issue_that_is_published_during_a_rebuild_is_on_the_site_as_it_was_published() -> None:
    system = a_pictured_system()
    system.rebuild_site().begin(RebuildRequest("run", anew=True))
    later = GOOD.replace("Nothing moved.", "Everything moved.")
    system.upload("2016-12-12", "en.md", later)
    system.site.meanwhile = [lambda: None, lambda: publish_all(system, "2016-12-12")]
    while system.rebuild_messages:
        system.rebuild_site().step(system.rebuild_messages.pop(0))
    assert "Everything moved." in system.site.page("en/2016-12-12/index.html") + system.site.page(
        "en/2016-12-12/security-1.html"
    )
    assert "Everything moved." in system.site.page("en/feed.xml")


def test_numbers_of_a_rebuild_only_grow_whatever_message_comes_again() -> None:
    system = a_pictured_system(PICTURES_PER_MESSAGE + 1)
    system.site.objects.clear()
    system.rebuild_site().begin(RebuildRequest("run"))
    seen, shown = list(system.rebuild_messages), [0]
    while system.rebuild_messages:
        message = system.rebuild_messages.pop(0)
        for each in (message, seen[0]):
            system.rebuild_site().step(each)
            assert system.rebuilds.last
            shown.append(system.rebuilds.last.done)
        seen.append(message)
        assert len(seen) < 100
    assert shown == sorted(shown)


def test_the_sweep_requests_a_rebuild_only_while_the_front_page_is_missing() -> None:
    system, requests = a_pictured_system(), list[RebuildRequest]()
    watch = RequestRebuild(system.site, requests.append, lambda: "run")
    before = sum(system.site.calls.values())
    assert not watch()
    assert (requests, sum(system.site.calls.values()) - before) == ([], 1)
    del system.site.objects["index.html"]
    assert watch()
    assert requests == [RebuildRequest("run")]
    requested(system)
    assert not watch()
