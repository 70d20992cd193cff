"""The pages that depend on more than one issue: which there are, what they hold, and who wins the pen."""

import gc
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from weakref import ref

import pytest
from bs4 import BeautifulSoup

from broadsheet.archive.kept_texts import CACHED, KeptIssues
from broadsheet.archive.register import CommentarySummary, Record
from broadsheet.content.issue import Issue
from broadsheet.newsletter import Newsletter
from broadsheet.site.assets import assets
from broadsheet.site.conditional_writes import TRIES, ContendedPageError
from broadsheet.site.list_pages import ListPages
from tests.builders import a_newsletter, a_published_edition, a_record, an_issue
from tests.fakes.issues import FakeRegister, FakeRevisions, FakeSite

NEWSLETTER = a_newsletter()
TEXT = b"---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\nNothing moved.\n"
OURS, THEIRS = a_record("2016-12-05"), a_record("2016-12-12")
HEADS = [
    *("en/archive/index.html", "en/feed.json", "en/feed.xml", "en/index.html"),
    *("en/topics/belarus-west/index.html", "en/topics/index.html", "en/topics/security/index.html"),
    "sitemap.xml",
]
OF_2016 = [
    "en/archive/2016.html",
    *("en/topics/belarus-west/2016.html", "en/topics/security/2016.html", "sitemaps/2016.xml"),
]


class AnyText(FakeRevisions):
    """Every revision has the same text."""

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        self.texts.setdefault((issue, edition, revision), TEXT)
        return super().text(issue, edition, revision)


class CountedIssues(KeptIssues):
    """Counts how often a text is asked for."""

    asked = 0

    def issue(self, record: Record, edition: str) -> Issue | None:
        self.asked += 1
        return super().issue(record, edition)


def lists_over(register: FakeRegister, site: FakeSite, newsletter: Newsletter = NEWSLETTER) -> ListPages:
    return ListPages(newsletter, register, KeptIssues(AnyText(), newsletter), site)


def lists_of(*issues: str) -> ListPages:
    """The lists over an empty site, with these issues public in English."""
    return lists_over(FakeRegister().add(*map(a_record, issues)), FakeSite())


def site_of(lists: ListPages) -> FakeSite:
    assert isinstance(lists.site, FakeSite)
    return lists.site


def register_of(lists: ListPages) -> FakeRegister:
    assert isinstance(lists.register, FakeRegister)
    return lists.register


def linked(lists: ListPages, path: str) -> list[str]:
    """The issues that a list links to, in its order."""
    main = BeautifulSoup(site_of(lists).page(path), "html.parser").select_one("main")
    assert main is not None
    found = [re.search(r"(\d{4}-\d\d-\d\d)/", str(a["href"])) for a in main.select("a[href]")]
    return list(dict.fromkeys(match[1] for match in found if match))


def years(lists: ListPages, path: str) -> list[str]:
    """The years that a list links to, in its order."""
    page = BeautifulSoup(site_of(lists).page(path), "html.parser")
    found = [re.search(r"(?:^|/)(\d{4})\.html$", str(a["href"])) for a in page.select("main a[href]")]
    return list(dict.fromkeys(match[1] for match in found if match))


def rebuilt(lists: ListPages) -> dict[str, bytes]:
    """The same pages over the same register, made on an empty site."""
    again = replace(lists, site=FakeSite())
    again.refresh(["en"], 2016)
    return site_of(again).objects


# -- which pages there are


def test_an_issue_is_indexed_under_its_editions_and_its_year() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["en"], 2016)
    assert sorted(site_of(lists).objects) == sorted(HEADS + OF_2016)


def test_two_editions_touch_their_own_lists_and_share_the_sitemap() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["en", "be"], 2016)
    russian = [path for path in site_of(lists).objects if path.startswith("ru/")]
    belarusian = [path for path in site_of(lists).objects if path.startswith("be/")]
    assert (russian, len(belarusian)) == ([], len(HEADS) + len(OF_2016) - 2)


def test_an_edition_that_the_newsletter_no_longer_has_is_left_alone() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["de"], 2016)
    assert sorted(site_of(lists).objects) == ["sitemap.xml", "sitemaps/2016.xml"]


def test_a_year_alone_is_written_without_the_heads() -> None:
    lists = lists_of("2016-12-05")
    lists.write_year(["en"], 2016)
    assert sorted(site_of(lists).objects) == OF_2016


@pytest.mark.parametrize("issue", ["2016-12-26", "2016-01-04"], ids=["the newest", "the oldest"])
def test_one_more_issue_touches_the_same_objects_however_many_there_are(issue: str) -> None:
    asked = []
    for count in (12, 40):
        register, site = FakeRegister(), FakeSite()
        lists = lists_over(register, site)
        register.add(*(a_record(f"2016-{1 + n // 4:02}-{11 + n % 4:02}") for n in range(count)))
        lists.refresh(["en"], 2016)
        register.add(a_record(issue))
        for port in (register, site):
            port.calls.clear()
        site.writes.clear()
        lists.refresh(["en"], 2016)
        asked.append((register.calls, site.calls["etag"], set(site.writes) <= {*HEADS, *OF_2016}))
    assert asked[0] == asked[1]
    assert asked[0][1:] == (len(HEADS) + len(OF_2016), True)


def test_the_register_is_asked_each_question_once_however_many_pages_need_its_answer() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["en"], 2016)
    register_of(lists).calls.clear()
    lists.refresh(["en"], 2016)
    assert register_of(lists).calls == {"tally": 1, "of_year": 1}


def test_no_page_is_rendered_again_while_the_register_does_not_change() -> None:
    lists = lists_of("2016-12-05")
    kept = CountedIssues(AnyText(), NEWSLETTER)
    replace(lists, kept=kept).refresh(["en"], 2016)
    assert kept.asked == 2  # for the home page, and once for both feeds
    assert register_of(lists).calls == {"tally": 2, "of_year": 2}


def test_pages_that_are_there_already_are_not_written_again() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["en"], 2016)
    site_of(lists).writes.clear()
    lists.refresh(["en"], 2016)
    assert site_of(lists).writes == []


# -- what stands in them


def test_the_first_issue_of_a_year_is_offered_by_the_heads() -> None:
    lists = lists_of("2013-12-30", "2016-12-05")
    lists.refresh(["en"], 2013)
    lists.refresh(["en"], 2016)
    register_of(lists).add(
        a_record("2017-01-02"), a_record("2015-01-05", editions={"be": a_published_edition()})
    )
    lists.refresh(["en"], 2017)
    assert years(lists, "en/archive/index.html") == ["2017", "2016", "2013"]
    assert years(lists, "en/topics/security/index.html") == ["2017", "2016", "2013"]
    pages = ("archive/2013.html", "archive/2016.html", "archive/2017.html", "archive/index.html")
    assert [linked(lists, f"en/{page}") for page in pages] == [
        ["2013-12-30"],
        ["2016-12-05"],
        ["2017-01-02"],
        ["2017-01-02"],
    ]


def test_the_home_has_the_newest_public_issues_from_as_many_years_as_it_takes() -> None:
    days = ("2014-01-06", "2014-01-13", "2015-06-01", "2016-12-05")
    withdrawn = a_published_edition(withdrawn_at=datetime(2016, 12, 27, tzinfo=UTC))
    register = FakeRegister().add(
        *map(a_record, days),
        *(a_record(f"2015-12-07-{n:03}", editions={"be": a_published_edition()}) for n in range(120)),
        a_record("2016-12-26", editions={"en": withdrawn}),
        a_record("2017-01-02", editions={"en": a_published_edition(listed=False)}),
    )
    lists = lists_over(register, FakeSite())
    lists.write_indexes()
    assert linked(lists, "en/index.html") == list(reversed(days))
    feed = json.loads(site_of(lists).page("en/feed.json"))
    assert [item["url"].split("/")[-2] for item in feed["items"]] == list(reversed(days))
    assert register.calls["of_year"] == 2 * 3  # each year once, and once more at the end


def test_an_edition_without_recent_issues_shows_its_own_newest_year() -> None:
    register = FakeRegister().add(
        a_record("2014-01-06"), a_record("2016-12-05", editions={"be": a_published_edition()})
    )
    lists = lists_over(register, FakeSite())
    lists.refresh(["en"], 2014)
    lists.refresh(["be"], 2016)
    assert linked(lists, "en/archive/index.html") == linked(lists, "en/archive/2014.html") == ["2014-01-06"]
    assert linked(lists, "be/archive/index.html") == ["2016-12-05"]


def test_a_topic_lists_the_issues_that_have_a_commentary_on_it() -> None:
    west = CommentarySummary("belarus-west-1", "belarus-west", "A bridge", "better", "It opened.")
    register = FakeRegister().add(
        OURS, a_record("2016-12-12", editions={"en": a_published_edition(commentaries=(west,))})
    )
    lists = lists_over(register, FakeSite())
    lists.refresh(["en"], 2016)
    assert linked(lists, "en/topics/security/2016.html") == ["2016-12-05"]
    assert linked(lists, "en/topics/belarus-west/2016.html") == ["2016-12-12"]


def test_the_front_page_shows_six_weeks_and_a_feed_ten() -> None:
    newest = [str(date(2016, 12, 26) - timedelta(weeks=week)) for week in range(12)]
    lists = lists_of(*newest)
    lists.refresh(["en"], 2016)
    assert linked(lists, "en/index.html") == newest[:6]
    assert site_of(lists).page("en/feed.xml").count("<entry>") == 10
    assert linked(lists, "en/archive/2016.html") == newest


def test_a_feed_goes_on_with_the_years_before() -> None:
    lists = lists_of("2017-01-02", "2016-12-26", "2014-01-06")
    lists.refresh(["en"], 2017)
    feed = site_of(lists).page("en/feed.xml")
    assert re.findall(r"<id>\S+/en/(\S+)/index.html</id>", feed) == ["2017-01-02", "2016-12-26", "2014-01-06"]


@pytest.mark.parametrize(
    "entry",
    [a_published_edition(withdrawn_at=a_published_edition().changed_at), a_published_edition(listed=False)],
    ids=["withdrawn", "not yet"],
)
def test_what_is_withdrawn_or_has_no_pages_yet_is_in_no_list(entry: Any) -> None:
    hidden = a_record("2016-12-12", editions={"en": replace(entry, title="Hidden words")})
    lists = lists_over(FakeRegister().add(OURS, hidden), FakeSite())
    lists.refresh(["en"], 2016)
    telling = {
        path for path, page in site_of(lists).objects.items() if b"2016-12-12/" in page or b"Hidden" in page
    }
    assert telling == set()


def test_a_list_whose_last_issue_was_withdrawn_is_empty() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["en"], 2016)
    withdrawn = a_published_edition(withdrawn_at=a_published_edition().changed_at, listed=False)
    register_of(lists).add(a_record("2016-12-05", editions={"en": withdrawn}))
    lists.refresh(["en"], 2016)
    assert {path: linked(lists, path) for path in [*HEADS, *OF_2016] if path.endswith(".html")} == {
        path: [] for path in [*HEADS, *OF_2016] if path.endswith(".html")
    }
    assert years(lists, "en/archive/index.html") == []


# -- the frame


def test_the_static_pages_exist_before_any_issue_and_robots_txt_is_written_last() -> None:
    lists = lists_of()
    lists.ensure_static_pages()
    site = site_of(lists)
    names = [
        *("index", "about", "privacy", "archive/index", "check-your-mail", "subscribed", "goodbye", "erased"),
        *("link-on-its-way", "new-address"),
        *("topics/index", "topics/security/index", "topics/belarus-west/index"),
    ]
    html = {f"{edition}/{name}.html" for edition in ("en", "be", "ru") for name in names}
    feeds = {f"{edition}/feed.{kind}" for edition in ("en", "be", "ru") for kind in ("xml", "json")}
    shared = {"index.html", "404.html", "openapi.json", "robots.txt", "sitemap.xml", "sitemaps/pages.xml"}
    assert set(site.objects) == html | feeds | shared | set(assets(NEWSLETTER))
    assert site.writes[-1] == "robots.txt"
    assert site.writes[: len(site.forever)] == list(assets(NEWSLETTER))
    assert site.forever == set(assets(NEWSLETTER))


def test_static_pages_that_exist_are_not_written_again() -> None:
    lists = lists_of()
    lists.ensure_static_pages()
    site_of(lists).writes.clear()
    lists.ensure_static_pages()
    assert site_of(lists).writes == []


def test_static_pages_whose_writer_died_are_written_by_the_next() -> None:
    lists = lists_of()
    lists.write_static_pages()
    whole = dict(site_of(lists).objects)
    for missing in ("robots.txt", next(iter(assets(NEWSLETTER)))):
        del site_of(lists).objects[missing]
        site_of(lists).objects["404.html"] = b"old"
        lists.ensure_static_pages()
        assert site_of(lists).objects == whole


def test_a_new_style_sheet_exists_beside_the_old_one_until_old_assets_are_deleted() -> None:
    old = lists_of("2016-12-05")
    old.write_static_pages()
    new = replace(old, newsletter=replace(NEWSLETTER, accent="#333333"))
    new.ensure_static_pages()
    there = {path for path in site_of(new).objects if path.startswith("assets/")}
    assert there == {*assets(old.newsletter), *assets(new.newsletter)}
    sheet = next(path for path in assets(new.newsletter) if path.endswith(".css"))
    assert sheet.removeprefix("assets/") in site_of(new).page("404.html")

    new.remove_old_assets()

    assert {path for path in site_of(new).objects if path.startswith("assets/")} == set(
        assets(new.newsletter)
    )


# -- while others write them, too


@dataclass
class Glimpsed(FakeSite):
    """A site on which others act just before `path` is looked at."""

    path: str = ""
    before_etag: list[Callable[[], object]] = field(default_factory=list)

    def etag(self, path: str) -> str | None:
        if self.before_etag and path == self.path:
            self.before_etag.pop()()
        return super().etag(path)


@pytest.mark.parametrize("before", range(len(HEADS) + len(OF_2016)))
def test_a_page_that_another_worker_changed_is_rendered_again_with_both_issues(before: int) -> None:
    register, site = FakeRegister().add(OURS), FakeSite()
    lists = lists_over(register, site)

    def another_publishes() -> None:
        register.add(THEIRS)
        lists_over(register, site).refresh(["en"], 2016)

    site.meanwhile = [*[lambda: None] * before, another_publishes]
    lists.refresh(["en"], 2016)

    assert site.meanwhile == []
    assert site.objects == rebuilt(lists)
    assert linked(lists, "en/archive/2016.html") == ["2016-12-12", "2016-12-05"]


@pytest.mark.parametrize("path", [*HEADS, *OF_2016])
def test_a_page_is_rendered_from_the_register_as_it_was_after_the_page_s_etag_was_read(path: str) -> None:
    register, site = FakeRegister().add(OURS), Glimpsed(path=path)
    lists = lists_over(register, site)

    def another_publishes() -> None:
        register.add(THEIRS)
        lists_over(register, site).refresh(["en"], 2016)

    site.before_etag = [another_publishes]
    lists.refresh(["en"], 2016)

    assert site.before_etag == []
    assert site.objects == rebuilt(lists)


@pytest.mark.parametrize("before", range(len(HEADS) + len(OF_2016)))
def test_an_edition_that_was_published_and_withdrawn_while_a_page_was_rendered_is_not_in_it(
    before: int,
) -> None:
    register, site = FakeRegister().add(OURS), FakeSite()
    lists = lists_over(register, site)
    lists.refresh(["en"], 2016)
    register.add(THEIRS)

    def another_withdraws() -> None:
        del register.records[THEIRS.issue]
        lists_over(register, site).refresh(["en"], 2016)

    site.meanwhile = [*[lambda: None] * before, another_withdraws]
    lists.refresh(["en"], 2016)

    assert site.objects == rebuilt(lists)
    assert (site.meanwhile == []) is (linked(lists, "en/archive/2016.html") == ["2016-12-05"])


def test_a_page_that_keeps_changing_is_left_to_the_next_delivery() -> None:
    lists = lists_of("2016-12-05")
    lists.refresh(["en"], 2016)
    site, contents = site_of(lists), iter(range(1000))
    del site.objects["en/index.html"]
    site.meanwhile = [lambda: site.put("en/index.html", str(next(contents)).encode())] * TRIES

    with pytest.raises(ContendedPageError, match=r"en/index\.html"):
        lists.refresh(["en"], 2016)

    lists.refresh(["en"], 2016)
    assert site.objects == rebuilt(lists)


def test_a_text_that_can_no_longer_be_read_is_left_out_of_the_feeds() -> None:
    fewer = replace(NEWSLETTER, topics=NEWSLETTER.topics[1:])
    lists = lists_over(FakeRegister().add(OURS), FakeSite(), fewer)
    lists.refresh(["en"], 2016)
    assert "<entry>" not in site_of(lists).page("en/feed.xml")
    assert linked(lists, "en/archive/2016.html") == ["2016-12-05"]


def test_a_record_of_a_file_that_was_never_accepted_is_in_no_list() -> None:
    lists = lists_over(FakeRegister().add(OURS, Record("2016-12-12", version=1, processed="s")), FakeSite())
    lists.refresh(["en"], 2016)
    assert linked(lists, "en/archive/2016.html") == ["2016-12-05"]


def test_only_the_last_texts_that_were_read_stay_in_memory() -> None:
    kept, seen = KeptIssues(AnyText(), NEWSLETTER), []
    for number in range(CACHED + 2):
        issue = an_issue("## security\n\n### A quiet border\n\nNothing moved.\n")
        seen.append(ref(issue))
        kept.remember(issue, str(number))
    del issue
    gc.collect()
    assert [each() is None for each in seen] == [True, True] + CACHED * [False]
