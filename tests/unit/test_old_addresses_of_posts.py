"""Old addresses lead to the new pages of their posts and lists, and no login of an author comes along."""

from pathlib import Path

from conversion.mapping import Mapping
from conversion.redirecting import OldAddresses, usual_edition
from infrastructure.redirects import read_redirects, written_redirects
from tests.builders import a_newsletter

NEWSLETTER = a_newsletter()
MAPPING = Mapping("week", "article", {"en": "en", "be": "be"}, {"Safety": "security", "News": ""})
PAGE, OTHER = "/en/2016-12-05/security-1.html", "/en/2016-12-05/security-2.html"


def lists(**kinds: str) -> dict[str, str]:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add_lists({f"/{name}": kind for name, kind in kinds.items()}, MAPPING, "en")
    return redirects.found


def test_the_forms_of_an_address_are_one() -> None:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add(
        ("/2016/12/A-Bridge/", "/2016/12/a-bridge", "/?p=12", "/2016/12/%D0%BC%D0%BE%D1%81%D1%82/"), PAGE
    )
    assert redirects.found == {"/2016/12/a-bridge": PAGE, "/?p=12": PAGE, "/2016/12/мост": PAGE}
    assert redirects.conflicts == []


def test_an_address_of_two_posts_leads_to_the_first_and_is_named() -> None:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add(["/a/"], PAGE)
    redirects.add(["/a"], OTHER)
    assert (redirects.found, redirects.conflicts) == ({"/a": PAGE}, [("/a", PAGE, OTHER)])


def test_an_address_of_a_page_of_ours_is_never_redirected_but_named() -> None:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add(["/en/2016-12-05/", "/en/archive/", "/assets/a.css", "//evil.test/", "/a\\b"], PAGE)
    assert redirects.found == {}
    assert len(redirects.unusable) == 5


def test_lists_lead_to_lists() -> None:
    assert lists(**{"category/safety/": "topic:Safety", "category/news/": "topic:News", "feed/": "feed"}) == {
        "/category/safety": "/en/topics/security/",
        "/category/news": "/en/archive/",
        "/feed": "/en/feed.xml",
    }
    assert lists(**{"be/category/safety/": "topic:Safety", "be/feed/": "feed", "blog/": "home"}) == {
        "/be/category/safety": "/be/topics/security/",
        "/be/feed": "/be/feed.xml",
        "/blog": "/en/",
    }
    assert lists(**{"": "home", "en/": "home", "2016/": "archive"}) == {"/2016": "/en/archive/"}


def test_the_name_of_an_author_is_in_no_redirect() -> None:
    kinds = {"author/login/": "archive", "be/author/login/": "archive", "authors/a-name/feed/": "feed"}
    assert lists(**kinds) == {}


def test_a_post_keeps_the_address_that_a_list_has_too() -> None:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add(["/news/"], PAGE)
    redirects.add_lists({"/news/": "archive"}, MAPPING, "en")
    assert redirects.found == {"/news": PAGE}


def test_the_edition_of_lists_without_a_language_is_the_one_with_the_most_posts() -> None:
    assert usual_edition({"en": 1, "be": 2}, NEWSLETTER) == "be"
    assert usual_edition({"be": 2, "ru": 2}, NEWSLETTER) == "be"
    assert usual_edition({}, NEWSLETTER) == "en"


def test_the_written_file_is_read_without_a_mistake(tmp_path: Path) -> None:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add(["/a/", "/?p=1", "/en/old/", "/%22/", "/мост/"], PAGE)
    redirects.add_lists({"/category/x/": "topic:x", "/feed/": "feed"}, MAPPING, "en")
    file = tmp_path / "redirects.toml"
    file.write_text(written_redirects(redirects.found), encoding="utf-8")
    assert read_redirects(file, NEWSLETTER.editions) == redirects.found


def test_the_home_of_a_site_below_a_path_counts_before_its_feed() -> None:
    redirects = OldAddresses(NEWSLETTER)
    redirects.add_lists({"/blog/feed/": "feed", "/blog/": "home"}, MAPPING, "en")
    assert redirects.found == {"/blog": "/en/"}
