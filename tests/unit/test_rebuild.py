"""A rebuild of all pages: step by step, over old pages that stay complete until the end."""

import re
from dataclasses import replace

import pytest

from broadsheet.publishing.desk_events import Rebuild
from broadsheet.publishing.rebuild import RebuildStatus, renderer_version
from tests.builders import a_newsletter
from tests.fakes.publishing import PublishingSystem

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
    steps = [system.rebuild_site().begin()]
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
    system.rebuild_site().begin()
    while system.rebuild_messages:
        assert broken_pages(system) == []
        system.rebuild_site().step(system.rebuild_messages.pop(0))
    assert broken_pages(system) == []


def test_a_message_that_comes_twice_ends_the_same() -> None:
    once, twice = a_system(), a_system()
    step_by_step(once)
    twice.rebuild_site().begin()
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
