"""The pages that list issues, while others write them, too."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from bs4 import BeautifulSoup

from broadsheet.site.lists import REPLACE_TRIES, ContendedPageError, ListPages
from broadsheet.site.templating import style
from tests.builders import a_newsletter, a_record, an_entry
from tests.fakes.issues import FakeRegister, FakeSite

NEWSLETTER = a_newsletter()
OURS, THEIRS = a_record("2016-12-05"), a_record("2016-12-12")


def lists_of(*records: str) -> ListPages:
    """The lists over an empty site, with these issues public in English."""
    return ListPages(NEWSLETTER, FakeRegister().add(*(a_record(record) for record in records)), FakeSite())


def site_of(lists: ListPages) -> FakeSite:
    assert isinstance(lists.site, FakeSite)
    return lists.site


def listed(lists: ListPages, name: str) -> list[str]:
    """The issues that a page of the archive leads to."""
    page = BeautifulSoup(site_of(lists).page(f"en/archive/{name}.html"), "html.parser")
    return [str(a["href"]).split("/")[1] for a in page.select(".issues a")]


def years(lists: ListPages, name: str) -> list[str]:
    page = BeautifulSoup(site_of(lists).page(f"en/archive/{name}.html"), "html.parser")
    return [a.text for a in page.select(".years a")]


@pytest.mark.parametrize("before", [0, 1, 2], ids=["the front page", "the year", "the archive"])
def test_a_page_that_another_changed_is_made_anew_with_both_issues(before: int) -> None:
    register, site = FakeRegister().add(OURS), FakeSite()
    lists = ListPages(NEWSLETTER, register, site)
    lists.frame()

    def another_publishes() -> None:
        register.add(THEIRS)
        ListPages(NEWSLETTER, register, site).refresh(["en"], THEIRS.issue)

    site.meanwhile = [*[lambda: None] * before, another_publishes]
    lists.refresh(["en"], OURS.issue)

    assert site.meanwhile == []
    assert listed(lists, "2016") == listed(lists, "index") == ["2016-12-12", "2016-12-05"]
    assert "2016-12-12/index.html" in site.page("en/index.html")


def test_a_page_is_made_of_what_the_register_held_after_the_page_was_looked_at() -> None:
    @dataclass
    class Glimpsed(FakeSite):
        before_etag: list[Callable[[], object]] = field(default_factory=list)

        def etag(self, path: str) -> str | None:
            if self.before_etag and path == "en/index.html":
                self.before_etag.pop()()
            return super().etag(path)

    register, site = FakeRegister().add(OURS), Glimpsed()
    lists = ListPages(NEWSLETTER, register, site)
    lists.frame()

    def another_publishes() -> None:
        register.add(THEIRS)
        lists.refresh(["en"], THEIRS.issue)

    site.before_etag = [another_publishes]
    lists.refresh(["en"], OURS.issue)

    assert site.before_etag == []
    assert "2016-12-12/index.html" in site.page("en/index.html")


def test_the_writer_who_read_the_register_last_writes_last() -> None:
    register, site = FakeRegister().add(OURS), FakeSite()
    lists = ListPages(NEWSLETTER, register, site)
    lists.refresh(["en"], OURS.issue)
    site.writes.clear()
    site.meanwhile = [lambda: site.put("en/index.html", b"another's, made of less")]

    lists.refresh(["en"], OURS.issue)

    assert site.writes[:2] == ["en/index.html", "en/index.html"]
    assert "2016-12-05/index.html" in site.page("en/index.html")


def test_a_page_that_never_stands_still_is_left_to_the_next_delivery() -> None:
    lists = lists_of("2016-12-05")
    lists.frame()
    site, contents = site_of(lists), iter(range(1000))
    site.meanwhile = [lambda: site.put("en/index.html", str(next(contents)).encode())] * REPLACE_TRIES

    with pytest.raises(ContendedPageError, match=r"en/index\.html"):
        lists.refresh(["en"], "2016-12-05")


def test_the_frame_is_there_before_any_issue_is() -> None:
    lists = lists_of()
    lists.frame()
    names = ["index", "archive/index", "check-your-mail", "subscribed", "goodbye"]
    expected = {f"{edition}/{name}.html" for edition in ("en", "be", "ru") for name in names}
    sheet = f"assets/{style(NEWSLETTER).name}"
    assert set(site_of(lists).objects) == expected | {"index.html", "404.html", sheet}
    assert site_of(lists).writes[-1] == sheet
    assert site_of(lists).forever == {sheet}


def test_a_new_style_brings_the_frame_up_to_date_once() -> None:
    old = lists_of("2016-12-05")
    old.refresh(["en"], "2016-12-05")
    site = site_of(old)
    changed = replace(old, newsletter=replace(NEWSLETTER, accent="#333333"))

    changed.refresh(["en"], "2016-12-05")
    first = list(site.writes)
    changed.refresh(["en"], "2016-12-05")

    sheet = f"assets/{style(changed.newsletter).name}"
    assert sheet in site.page("404.html")
    assert sheet in site.page("ru/index.html")
    assert site.writes[len(first) :] == ["en/index.html", "en/archive/2016.html", "en/archive/index.html"]


def test_one_more_issue_writes_as_many_pages_however_many_there_are() -> None:
    written = []
    for count in (2, 50):
        issues = [f"2016-{month:02}-{day:02}" for month in range(1, 12) for day in range(1, 6)][:count]
        lists = lists_of(*issues)
        lists.refresh(["en"], issues[0])
        site_of(lists).writes.clear()
        lists.refresh(["en"], issues[-1])
        written.append(list(site_of(lists).writes))
    assert written == [["en/index.html", "en/archive/2016.html", "en/archive/index.html"]] * 2


def test_the_first_issue_of_a_year_is_told_to_the_pages_of_the_others() -> None:
    lists = lists_of("2013-12-30", "2016-12-05")
    lists.refresh(["en"], "2013-12-30")
    lists.refresh(["en"], "2016-12-05")
    lists.register.put(a_record("2017-01-02"))
    lists.register.put(a_record("2015-01-05", editions={"be": an_entry()}))
    lists.refresh(["en"], "2017-01-02")
    assert [years(lists, name) for name in ("index", "2013", "2016", "2017")] == [
        ["2017", "2016", "2013"]
    ] * 4
    assert [listed(lists, name) for name in ("2013", "2016", "2017", "index")] == [
        ["2013-12-30"],
        ["2016-12-05"],
        ["2017-01-02"],
        ["2017-01-02"],
    ]


def test_an_edition_that_rests_shows_its_own_newest_year() -> None:
    register = FakeRegister().add(a_record("2014-01-06"), a_record("2016-12-05", editions={"be": an_entry()}))
    lists = ListPages(NEWSLETTER, register, FakeSite())
    lists.refresh(["en"], "2014-01-06")
    lists.refresh(["be"], "2016-12-05")
    assert (years(lists, "index"), listed(lists, "index")) == (["2014"], ["2014-01-06"])
