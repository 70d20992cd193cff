"""A WordPress export becomes the posts that were public; everything else is named."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conversion.post import BodyFormat, LeftOut, Post, Reason
from conversion.wordpress import WordPressExport
from tests.wxr import item, wxr

EXPORTS = Path(__file__).parents[1] / "data" / "wordpress"
MINSK = ZoneInfo("Europe/Minsk")
Reading = Callable[..., list[Post | LeftOut]]


def opened(path: Path) -> WordPressExport:
    assert WordPressExport.recognises(path)
    return WordPressExport(path, MINSK)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    def read(*parts: str) -> list[Post | LeftOut]:
        path = tmp_path / "export.xml"
        path.write_text(wxr(*parts), encoding="utf-8")
        return list(opened(path).entries())

    return read


def posts(entries: list[Post | LeftOut]) -> list[Post]:
    return [entry for entry in entries if isinstance(entry, Post)]


def left_out(entries: list[Post | LeftOut]) -> list[tuple[str, Reason, str]]:
    return [(entry.title, entry.reason, entry.detail) for entry in entries if isinstance(entry, LeftOut)]


def test_a_site_in_two_languages_of_polylang_is_read_with_everything() -> None:
    export = opened(EXPORTS / "polylang.xml")
    entries = list(export.entries())

    assert posts(entries) == [
        Post(
            id="12",
            title="A bridge & its river",
            summary="What the bridge & the river say.",
            body="<!-- wp:paragraph -->\n<p>The bridge opened.</p>\n<!-- /wp:paragraph -->\n\n"
            '<!-- wp:image {"id":13} -->\n<figure class="wp-block-image"><img src="https://old.example.org'
            '/wp-content/uploads/2016/12/inside.jpg" alt="Inside" class="wp-image-13"/></figure>\n'
            "<!-- /wp:image -->\n\n<!-- wp:paragraph -->\n<p>Its story ends with ]]> marks.</p>\n"
            "<!-- /wp:paragraph -->",
            body_format=BodyFormat.HTML,
            published=datetime.fromisoformat("2016-12-06T00:30+03:00"),
            slug="a-bridge",
            place="post 12: A bridge & its river",
            addresses=(
                "/2016/12/05/a-bridge/",
                "/2016/12/04/a-bridge/",
                "/2016/12/05/the-bridge/",
                "/2016/12/04/the-bridge/",
                "/?p=12",
            ),
            language="en",
            translations="pll_5846f1a2b3c4d",
            categories=("Towns & villages",),
            tags=("river",),
            authors=("A. Writer",),
            picture="https://old.example.org/wp-content/uploads/2016/12/above.jpg",
            picture_alt="The bridge & its shadow",
        ),
        Post(
            id="15",
            title="Мост",
            summary="",
            body="Мост адкрыўся.\n\nРака цячэ\nдалей.",
            body_format=BodyFormat.HTML,
            published=datetime.fromisoformat("2016-12-06T00:30+03:00"),
            slug="мост",
            place="post 15: Мост",
            addresses=("/by/2016/12/05/%d0%bc%d0%be%d1%81%d1%82/", "/?p=15"),
            language="be",
            translations="pll_5846f1a2b3c4d",
            categories=("Гарады",),
        ),
    ]
    assert left_out(entries) == [
        ("About us", Reason.PAGE, ""),
        ("", Reason.OTHER_KIND, "1 of the kind 'attachment'"),
        ("", Reason.COMMENT, "1 comment"),
        ("", Reason.OTHER_KIND, "1 of the kind 'nav_menu_item'"),
        ("", Reason.REVISION, "1 revision"),
    ]
    assert export.file("https://old.example.org/wp-content/uploads/2016/12/above.jpg") is None


def test_lists_of_the_old_site_lead_to_what_replaces_them() -> None:
    addresses = opened(EXPORTS / "polylang.xml").site_addresses()

    assert addresses == {
        **dict.fromkeys(("/feed/", "/feed/rss2/", "/feed/atom/", "/feed/rdf/", "/rss/", "/rss2/"), "feed"),
        **dict.fromkeys(("/atom/", "/?feed=rss2", "/?feed=atom", "/comments/feed/"), "feed"),
        **dict.fromkeys(("/en/", "/by/"), "home"),
        **dict.fromkeys(("/en/feed/", "/by/feed/"), "feed"),
        "/category/society/towns/": "topic:Towns & villages",
        "/en/category/society/towns/": "topic:Towns & villages",
        "/category/harady/": "topic:Гарады",
        "/by/category/harady/": "topic:Гарады",
        **dict.fromkeys(("/tag/river/", "/en/tag/river/"), "archive"),
        **dict.fromkeys(("/2016/", "/2016/12/", "/2016/12/05/"), "archive"),
        **dict.fromkeys(("/by/2016/", "/by/2016/12/", "/by/2016/12/05/"), "archive"),
        **dict.fromkeys(("/author/", "/?author=1", "/?author=2"), "home"),
    }


@pytest.mark.parametrize(
    ("texts", "reason", "detail"),
    [
        ({"status": "draft"}, Reason.DRAFT, ""),
        ({"status": "pending"}, Reason.DRAFT, ""),
        ({"status": "auto-draft"}, Reason.DRAFT, ""),
        ({"status": "future"}, Reason.SCHEDULED, ""),
        ({"status": "private"}, Reason.PRIVATE, ""),
        ({"status": "trash"}, Reason.TRASH, ""),
        ({"status": "inherit"}, Reason.REVISION, ""),
        ({"status": "for-editors"}, Reason.PRIVATE, "its status is 'for-editors'"),
        ({"status": ""}, Reason.PRIVATE, "its status is ''"),
        ({"post_password": "sesame"}, Reason.PASSWORD, ""),
        ({"post_date": "0000-00-00 00:00:00", "post_date_gmt": "0000-00-00 00:00:00"}, Reason.NO_DATE, ""),
        ({"body": " \n<!-- wp:paragraph --><p>&nbsp;</p><!-- /wp:paragraph -->"}, Reason.EMPTY, ""),
    ],
)
def test_a_post_that_was_not_public_stays_out_and_says_why(
    reading: Reading, texts: dict[str, str], reason: Reason, detail: str
) -> None:
    assert reading(item(**texts)) == [LeftOut("post 12", "A bridge", reason, detail)]


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"_jetpack_newsletter_access": "paid_subscribers"}, Reason.PAID),
        ({"_jetpack_newsletter_access": "subscribers"}, Reason.MEMBERS_ONLY),
        ({"_jetpack_memberships_contains_paid_content": "1"}, Reason.PAID),
        ({"patreon-level": "5"}, Reason.PAID),
        ({"_is_paid": "1"}, Reason.PAID),
        ({"rcp_subscription_level": "any"}, Reason.MEMBERS_ONLY),
        ({"rcp_access_level": "2"}, Reason.MEMBERS_ONLY),
        ({"rcp_user_level": "Subscriber"}, Reason.MEMBERS_ONLY),
        ({"_members_access_role": "editor"}, Reason.MEMBERS_ONLY),
        ({"_wpmem_block": "1"}, Reason.MEMBERS_ONLY),
        ({"pms-content-restrict-user-status": "loggedin"}, Reason.MEMBERS_ONLY),
        ({"memberful_acl": 'a:1:{i:0;s:2:"31";}'}, Reason.MEMBERS_ONLY),
        ({"_post_visibility": "Members"}, Reason.MEMBERS_ONLY),
        ({"some_plugin_restricted": "yes"}, Reason.MEMBERS_ONLY),
        (
            {"um_content_restriction": '{s:6:"_um_custom_access_settings";b:1;s:14:"_um_accessible";i:2;}'},
            Reason.MEMBERS_ONLY,
        ),
    ],
)
def test_a_post_that_a_custom_field_restricts_stays_out(
    reading: Reading, meta: dict[str, str], reason: Reason
) -> None:
    assert reading(item(meta=meta)) == [
        LeftOut("post 12", "A bridge", reason, f"its field {next(iter(meta))}")
    ]


@pytest.mark.parametrize(
    "meta",
    [
        {"_jetpack_newsletter_access": "everybody"},
        {"_jetpack_memberships_contains_paid_content": ""},
        {"patreon-level": "0"},
        {"rcp_user_level": "All"},
        {"_wpmem_block": "0"},
        {"um_content_restriction": 'a:1:{s:26:"_um_custom_access_settings";b:0;}'},
        {"_wc_memberships_force_public": "yes"},
        {"_member_count": "1"},
        {"_mepr_unauthorized_message_type": "default"},
        {"_yoast_wpseo_metadesc": "For members"},
    ],
)
def test_a_field_of_a_membership_plugin_that_restricts_nothing_keeps_no_post_out(
    reading: Reading, meta: dict[str, str]
) -> None:
    assert [post.id for post in posts(reading(item(meta=meta)))] == ["12"]


@pytest.mark.parametrize(
    "body",
    [
        "Open.\n\n[members_only]Closed.[/members_only]",
        '[membership level="1"]Closed.[/membership]',
        '[mepr-show rules="7"]Closed.[/mepr-show]',
        "[s2If is_user_logged_in()]Closed.[/s2If]",
        "[um_loggedin]Closed.[/um_loggedin]",
        "[restrict]Closed.[/restrict]",
        "[wcm_restrict]Closed.[/wcm_restrict]",
        "[private]Closed.[/private]",
        "[is_logged_in]Closed.[/is_logged_in]",
        "Open. ___STEADY_PAYWALL___ Closed.",
        "<!-- wp:premium-content/container --><p>Closed.</p><!-- /wp:premium-content/container -->",
        "<p>Open.</p><!-- wp:jetpack/paywall /--><p>Closed.</p>",
        '<!-- wp:pmpro/membership {"levels":["1"]} --><p>Closed.</p><!-- /wp:pmpro/membership -->',
        '<!-- wp:group {"blockVisibility":{"visibilityByRole":"logged-in"}} -->Closed.<!-- /wp:group -->',
        "<p>Open.</p><!-- members only --><p>Closed.</p>",
    ],
)
def test_a_post_with_a_part_for_members_stays_out_as_a_whole(reading: Reading, body: str) -> None:
    entry = reading(item(body=body))[-1]

    assert isinstance(entry, LeftOut)
    assert entry.reason in {Reason.MEMBERS_ONLY, Reason.PAID}
    assert "in its text" in entry.detail
    assert "Closed" not in str(entry)


@pytest.mark.parametrize(
    "body", ["The letter of [members of] parliament [sic].", "[team_members count=3] A."]
)
def test_words_in_brackets_keep_no_post_out(reading: Reading, body: str) -> None:
    assert posts(reading(item(body=body)))


def a_rule(kind: str, content: str, status: str = "publish") -> str:
    meta = {"_mepr_rules_type": kind, "_mepr_rules_content": content}
    return item(90, post_type="memberpressrule", status=status, body="", meta=meta)


A_CATEGORY = (
    "<wp:category><wp:term_id>4</wp:term_id><wp:category_nicename><![CDATA[inner]]></wp:category_nicename>"
    "<wp:cat_name><![CDATA[Inner circle]]></wp:cat_name></wp:category>"
)


@pytest.mark.parametrize(
    ("kind", "content", "kept_out"),
    [
        ("all", "", True),
        ("all_post", "", True),
        ("single_post", "12", True),
        ("single_post", "13", False),
        ("category", "inner", True),
        ("category", "4", True),
        ("category", "outer", False),
        ("custom", "^/2016/12/.*$", True),
        ("custom", "/members/", False),
        ("single_page", "12", False),
    ],
)
def test_a_rule_of_memberpress_anywhere_in_the_export_keeps_posts_out(
    reading: Reading, kind: str, content: str, *, kept_out: bool
) -> None:
    post = item(terms=[("category", "inner", "Inner circle")])
    entries = reading(A_CATEGORY, post, a_rule(kind, content))

    assert [post.id for post in posts(entries)] == ([] if kept_out else ["12"])
    assert posts(reading(A_CATEGORY, post, a_rule(kind, content, status="draft")))


def test_a_plugin_that_keeps_its_rules_in_tables_is_named(reading: Reading) -> None:
    entries = reading(item(), item(2, post_type="page", title="Join", body="[pmpro_levels]"))

    assert [post.id for post in posts(entries)] == ["12"]
    detail = (
        "Paid Memberships Pro keeps in its own tables which posts are restricted, and no export has these: "
        "look through the posts"
    )
    assert left_out(entries)[0] == ("", Reason.MEMBERS_ONLY, detail)
