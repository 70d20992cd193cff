"""A WordPress export becomes the posts that were public; everything else is named."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conversion.html_to_markdown import markdown_of
from conversion.post import BodyFormat, LeftOut, Post, Reason
from conversion.wordpress import WordPressExport
from tests.wxr import author, item, wxr

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
        **dict.fromkeys(
            ("/category/society/towns/", "/en/category/society/towns/"), "topic:Towns & villages"
        ),
        **dict.fromkeys(("/category/towns/", "/en/category/towns/", "/?cat=4"), "topic:Towns & villages"),
        **dict.fromkeys(("/category/society/", "/en/category/society/", "/?cat=3"), "topic:Society"),
        **dict.fromkeys(("/category/harady/", "/by/category/harady/", "/?cat=5"), "topic:Гарады"),
        **dict.fromkeys(("/tag/river/", "/en/tag/river/", "/?tag=river"), "archive"),
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
        ({"post_password": " "}, Reason.PASSWORD, ""),
        ({"status": "Publish"}, Reason.PRIVATE, "its status is 'Publish'"),
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
        ({"some_access_level": "gold"}, Reason.MEMBERS_ONLY),
        ({"_memberful_acl": "31"}, Reason.MEMBERS_ONLY),
        ({"groups-groups_read_post": "board"}, Reason.MEMBERS_ONLY),
        ({"_post_visibility": "logged_in_users"}, Reason.MEMBERS_ONLY),
        ({"wp_protect_password": 'a:1:{i:0;s:6:"sesame";}'}, Reason.MEMBERS_ONLY),
        ({"laterpay_post_prices": "1.99"}, Reason.MEMBERS_ONLY),
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
        {"sidebar_visibility": "visible"},
        {"protect_content": "disabled"},
        {"team_member": "A. Writer"},
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
        "<p>Open.</p><!-- members only, Closed for others --><p>Closed.</p>",
        '<!-- wp:group {"metadata":{"blockVisibility":false}} -->Closed.<!-- /wp:group -->',
        '<!-- wp:paragraph {"blockVisibility":{"hideBlock":true}} -->Closed.<!-- /wp:paragraph -->',
        "Open. [content_control]Closed.[/content_control]",
        '[emaillocker id="5"]Closed.[/emaillocker]',
        "[paid]Closed.[/paid]",
        "[mycred_sell_this price=10]Closed.[/mycred_sell_this]",
        '[passster password="sesame"]Closed.[/passster]',
        '[show_to role="editor"]Closed.[/show_to]',
        "[guest]Open.[/guest] [registered]Closed.[/registered]",
        "<!-- wp:memberpress/protected-content --><p>Closed.</p><!-- /wp:memberpress/protected-content -->",
        "<!-- wp:unlock-protocol/unlock-box --><p>Closed.</p><!-- /wp:unlock-protocol/unlock-box -->",
        "<!-- wp:some-plugin/locked --><p>Closed.</p><!-- /wp:some-plugin/locked -->",
        '<!-- wp:group {"editorskit":{"loggedin":true,"loggedout":false}} -->Closed.<!-- /wp:group -->',
        '<!-- wp:group {"contentControls":{"enabled":true}} -->Closed.<!-- /wp:group -->',
        '<!-- wp:group {"otterConditions":[[{"type":"loggedInUser"}]]} -->Closed.<!-- /wp:group -->',
        '<!-- wp:group {"conditionalBlocks":[{"type":"userLoggedIn"}]} -->Closed.<!-- /wp:group -->',
        '<!-- wp:group {"blockPermissionsCondition":"user-status"} -->Closed.<!-- /wp:group -->',
        '<!-- wp:group {"advgbBlockControls":[{"control":"user_role"}]} -->Closed.<!-- /wp:group -->',
    ],
)
def test_a_post_with_a_part_for_members_stays_out_as_a_whole(reading: Reading, body: str) -> None:
    entry = reading(item(body=body))[-1]

    assert isinstance(entry, LeftOut)
    assert entry.reason in {Reason.MEMBERS_ONLY, Reason.PAID}
    assert "in its text" in entry.detail
    assert "Closed" not in str(entry)


@pytest.mark.parametrize(
    "body",
    [
        "The letter of [members of] parliament [sic].",
        "[team_members count=3] A.",
        "[guest_author name=A] A.",
        '[block id="3"] A. [clock]',
        "<!-- wp:paragraph --><p>A gate was locked [unlock it].</p><!-- /wp:paragraph -->",
        "<!-- wp:some-plugin/team-member --><p>A.</p><!-- /wp:some-plugin/team-member -->",
    ],
)
def test_words_in_brackets_keep_no_post_out(reading: Reading, body: str) -> None:
    assert posts(reading(item(body=body)))


@pytest.mark.parametrize(
    "term",
    [
        *(
            ("category", "premium", "Premium"),
            ("category", "x", "Members only"),
            ("post_tag", "paid-content", "Y"),
        ),
        ("membership_level", "gold", "Gold"),
        *(("category", "dlya", "Для подписчиков"), ("category", "for-subscribers", "Letters")),
    ],
)
def test_a_post_in_a_category_for_members_stays_out(reading: Reading, term: tuple[str, str, str]) -> None:
    (entry,) = left_out(reading(item(terms=[term])))

    assert entry[1:] in {
        (reason, f"its category or tag “{term[2]}”") for reason in (Reason.MEMBERS_ONLY, Reason.PAID)
    }


@pytest.mark.parametrize("name", ["Premium League", "Members of parliament", "Subscribers", "Paid leave"])
def test_a_category_about_members_keeps_no_post_out(reading: Reading, name: str) -> None:
    assert posts(reading(item(terms=[("category", name.lower().replace(" ", "-"), name)])))


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
    detail = "keeps in tables of its own which posts are for members, and no export has these"
    assert left_out(entries)[0] == ("Paid Memberships Pro", Reason.UNCERTAIN, detail)


def test_an_export_of_posts_only_has_languages_of_polylang_without_their_locales(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    lines = (EXPORTS / "polylang.xml").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if "<wp:term>" not in line), encoding="utf-8")
    export = opened(path)

    assert [post.language for post in posts(list(export.entries()))] == ["en", "by"]
    assert export.site_addresses()["/by/"] == "home"


@pytest.mark.parametrize("slug", ["be", "by"])
def test_belarusian_of_polylang_is_be_although_its_locale_is_called_bel(tmp_path: Path, slug: str) -> None:
    text = (EXPORTS / "polylang.xml").read_text(encoding="utf-8")
    text = text.replace('s:5:"be_BY"', 's:3:"bel"').replace('"by"', f'"{slug}"')
    text = text.replace("<wp:term_slug><![CDATA[by]]>", f"<wp:term_slug><![CDATA[{slug}]]>")
    assert 's:3:"bel"' in text
    path = tmp_path / "export.xml"
    path.write_text(text, encoding="utf-8")

    assert [post.language for post in posts(list(opened(path).entries()))] == ["en", "be"]


def test_nothing_that_was_not_public_is_in_what_is_given() -> None:
    path = EXPORTS / "left-out.xml"
    export = opened(path)
    entries = list(export.entries())

    assert [(post.title, post.authors) for post in posts(entries)] == [
        ("Public", ("A. Writer",)),
        ("Public by the editor", ()),
        ("Public by another", ()),
    ]
    assert left_out(entries) == [
        ("A draft", Reason.DRAFT, ""),
        ("Private", Reason.PRIVATE, ""),
        ("With a password", Reason.PASSWORD, ""),
        ("Planned", Reason.SCHEDULED, ""),
        ("Thrown away", Reason.TRASH, ""),
        ("Waiting", Reason.DRAFT, ""),
        ("For members", Reason.MEMBERS_ONLY, "a shortcode in its text, [members_only]"),
        ("For patrons", Reason.PAID, "its field patreon-level"),
        ("For subscribers", Reason.MEMBERS_ONLY, "its field _jetpack_newsletter_access"),
        ("About us", Reason.PAGE, ""),
        ("Without a day", Reason.NO_DATE, ""),
        ("Nothing in it", Reason.EMPTY, ""),
        ("Hidden", Reason.PRIVATE, "its status is 'acf-disabled'"),
        ("", Reason.COMMENT, "1 comment"),
        ("", Reason.OTHER_KIND, "1 of the kind 'flamingo_inbound'"),
        ("", Reason.OTHER_KIND, "1 of the kind 'nav_menu_item'"),
        ("", Reason.REVISION, "1 revision"),
        ("", Reason.OTHER_KIND, "1 of the kind 'shop_order'"),
    ]
    assert path.read_text(encoding="utf-8").count("secret") > 25
    assert "secret" not in f"{entries} {export.site_addresses()}".lower()


def test_a_site_in_two_languages_of_wpml_is_read_by_its_fields_its_copies_and_its_addresses() -> None:
    found = posts(list(opened(EXPORTS / "wpml.xml").entries()))

    assert [(post.id, post.language, post.translations) for post in found] == [
        ("12", "en", "wpml-101"),
        ("15", "be", "wpml-101"),
        ("20", "en", ""),
        ("21", "en", "wpml-copy-21"),
        ("22", "be", "wpml-copy-21"),
        ("23", "be", ""),
    ]
    assert found[3].addresses == ("/a-ferry/?lang=en", "/?p=21")
    assert opened(EXPORTS / "wpml.xml").site_addresses()["/be/category/harady/"] == "topic:Гарады"


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("[:en]A bridge[:be]Мост[:]", "[:en]It opened.[:be]Ён адкрыўся.[:] <hr>"),
        (
            "<!--:en-->A bridge<!--:--><!--:be-->Мост<!--:-->",
            "<!--:en-->It opened.<!--:--><!--:be-->Ён адкрыўся.<!--:--> <hr>",
        ),
        ("{:en}A bridge{:}{:be}Мост{:}", "{:en}It opened.{:}{:be}Ён адкрыўся.{:} <hr>"),
    ],
)
def test_a_post_with_all_languages_in_its_text_becomes_one_post_for_each(
    reading: Reading, title: str, body: str
) -> None:
    english, belarusian = posts(
        reading(item(title=title, body=body, terms=[("category", "towns", "[:en]Towns[:be]Гарады[:]")]))
    )

    assert (english.id, english.title, english.body) == ("12-en", "A bridge", "It opened. <hr>")
    assert (belarusian.id, belarusian.title, belarusian.body) == ("12-be", "Мост", "Ён адкрыўся. <hr>")
    assert (english.language, belarusian.language) == ("en", "be")
    assert english.translations == belarusian.translations == "12"
    assert (english.categories, belarusian.categories) == (("Towns",), ("Гарады",))
    assert english.addresses == (
        *("/2016/12/05/post-12/", "/?p=12", "/en/2016/12/05/post-12/", "/2016/12/05/post-12/?lang=en"),
        "/?p=12&lang=en",
    )
    assert belarusian.addresses == (
        *("/be/2016/12/05/post-12/", "/2016/12/05/post-12/?lang=be", "/?p=12&lang=be"),
    )


@pytest.mark.parametrize("body", ["It [:lol] opened.", "A {:xx} b", "[:]", "Once <!--:zz--> more"])
def test_what_only_looks_like_a_mark_of_a_language_is_text(reading: Reading, body: str) -> None:
    assert [post.body for post in posts(reading(item(body=body)))] == [body]


def test_a_language_of_which_a_post_has_the_title_only_gives_no_post(reading: Reading) -> None:
    entries = reading(item(title="[:en]A bridge[:be]Мост[:]", body="[:en]It opened.[:]"))

    assert [post.id for post in posts(entries)] == ["12-en"]


def test_a_site_in_one_language_has_that_of_the_site(reading: Reading) -> None:
    assert [post.language for post in posts(reading(item()))] == ["en"]


@pytest.mark.parametrize(
    ("name", "login", "email", "authors"),
    [
        ("A. Writer", "w2", "w2@example.org", ("A. Writer",)),
        ("  A. &amp; B.  Writer ", "w2", "", ("A. & B. Writer",)),
        ("W2", "w2", "", ()),
        ("writer@example.org", "w2", "", ()),
        ("Writer (writer@example.org)", "w2", "", ()),
        ("writer", "w2", "Writer@example.org", ()),
        ("https://example.org/w2", "w2", "", ()),
        ("", "w2", "", ()),
    ],
)
def test_an_author_is_a_name_that_was_shown_and_never_a_login_or_an_address(
    reading: Reading, name: str, login: str, email: str, authors: tuple[str, ...]
) -> None:
    (post,) = posts(reading(item(creator=login), author(login, name, email)))

    assert post.authors == authors


def test_no_text_shows_the_address_of_an_author_or_leads_to_a_list_with_a_login(reading: Reading) -> None:
    body = (
        '<p>Write to <a href="mailto:W.two@example.org?subject=x">me</a>, w.two@example.org,'
        " w.two&#64;example.org"
        ' or to <a href="mailto:office@example.org">the office</a>.'
        ' <a href="https://old.example.org/author/w2/">All texts</a>,'
        " <a href='/by/author/w2/page/2/'>more</a>,"
        ' <a href="https://other.example.net/author/b-writer/">elsewhere</a>.</p>'
    )
    shown = item(body=body, excerpt="By w.two@example.org.")
    (post,) = posts(reading(author("w2", "A. Writer", "w.two@example.org"), shown))

    assert not {"w2", "w.two"} & set(re.findall(r"w2|w\.two", f"{post.body} {post.summary}".lower()))
    for kept in ("mailto:office@example.org", "All texts", "https://other.example.net/author/b-writer/"):
        assert kept in post.body


def test_authors_of_co_authors_plus_are_those_of_its_terms(reading: Reading) -> None:
    guest = {"cap-display_name": "G. Guest", "cap-user_login": "guest", "cap-user_email": "g@example.org"}
    entries = reading(
        author("w2", "A. Writer"),
        item(
            terms=[
                ("author", "cap-w2", "w2"),
                ("author", "cap-guest", "guest"),
                ("author", "cap-gone", "gone"),
            ]
        ),
        item(50, post_type="guest-author", body="", meta=guest),
    )

    assert posts(entries)[0].authors == ("A. Writer", "G. Guest")


@pytest.mark.parametrize(
    ("local", "utc", "sent", "published"),
    [
        ("2016-12-06 00:30:00", "2016-12-05 21:30:00", "", "2016-12-06T00:30+03:00"),
        ("2016-12-06 00:30:00", "0000-00-00 00:00:00", "", "2016-12-06T00:30+03:00"),
        ("2016-07-06 03:00:00", "2016-07-06 07:00:00", "", "2016-07-06T03:00-04:00"),
        ("0000-00-00 00:00:00", "2016-12-05 21:30:00", "", "2016-12-06T00:30+03:00"),
        ("2016-12-06 00:30:00", "2016-12-01 21:30:00", "", "2016-12-02T00:30+03:00"),
        ("2016-12-06 00:30:00", "2016-12-05 21:29:07", "", "2016-12-06T00:29:07+03:00"),
        ("2016-02-30 10:00:00", "", "Mon, 05 Dec 2016 21:30:00 +0000", "2016-12-06T00:30+03:00"),
        ("", "", "Mon, 05 Dec 2016 21:30:00 -0500", "2016-12-06T05:30+03:00"),
        ("2008-12-06 00:30:00", "", "", "2008-12-06T00:30+02:00"),
    ],
)
def test_a_post_appeared_when_its_readers_saw_it_or_when_the_zone_says(
    reading: Reading, local: str, utc: str, sent: str, published: str
) -> None:
    (post,) = posts(reading(item(post_date=local, post_date_gmt=utc, pubDate=sent)))

    assert (
        post.published.isoformat(timespec="auto").replace(":00+", "+", 1).replace(":00-", "-", 1) == published
    )


@pytest.mark.parametrize(
    "sent", ["", "Mon, 30 Nov -0001 00:00:00 +0000", "yesterday", "Mon, 05 Dec 9999 23:59:59 -2300"]
)
def test_a_post_without_a_day_stays_out(reading: Reading, sent: str) -> None:
    entries = reading(item(post_date="0000-00-00 00:00:00", post_date_gmt="", pubDate=sent))

    assert entries == [LeftOut("post 12", "A bridge", Reason.NO_DATE)]


@pytest.mark.parametrize(
    ("texts", "addresses"),
    [
        ({"link": "https://old.example.org/?p=12"}, ("/?p=12",)),
        ({"link": "http://other.test/a/b.html?x=1&amp;y=2"}, ("/a/b.html?x=1&y=2", "/?p=12")),
        ({"link": "https://old.example.org/a-bridge"}, ("/a-bridge", "/?p=12")),
        ({"link": "https://old.example.org/"}, ("/?p=12",)),
        ({"link": ""}, ("/?p=12",)),
        ({"link": "https://old.example.org//evil.test/"}, ("/?p=12",)),
        ({"link": "https://old.example.org/\\evil.test/"}, ("/?p=12",)),
        ({"link": "javascript:alert(1)"}, ("/?p=12",)),
        ({"link": "http://[broken/"}, ("/?p=12",)),
        ({"link": "a-bridge"}, ("/?p=12",)),
        (
            {"link": "https://old.example.org/a/", "guid": "http://www.old.example.org/2009/a-bridge.html"},
            ("/a/", "/2009/a-bridge.html", "/?p=12"),
        ),
        (
            {"link": "https://old.example.org/a/", "guid": "http://blog.test/2009/a-bridge.html"},
            ("/a/", "/?p=12"),
        ),
        ({"link": "https://old.example.org/a/", "guid": "http://old.example.org/?p=77"}, ("/a/", "/?p=12")),
        ({"link": "https://old.example.org/a/", "guid": "http://old.example.org/?p=123"}, ("/a/", "/?p=12")),
        ({"link": "https://old.example.org/a/", "guid": "tag:blog.test,1999:post-1"}, ("/a/", "/?p=12")),
    ],
)
def test_a_post_has_the_addresses_that_it_had(
    reading: Reading, texts: dict[str, str], addresses: tuple[str, ...]
) -> None:
    (post,) = posts(reading(item(**texts)))

    assert post.addresses == addresses


@pytest.mark.parametrize(
    ("link", "old", "addresses"),
    [
        ("/2016/12/post-12/", ["first", "first", ""], ("/2016/12/post-12/", "/2016/12/first/")),
        ("/post-12", ["first"], ("/post-12", "/first")),
        ("/archives/12", ["first"], ("/archives/12",)),
        ("/a-post-12/", ["first"], ("/a-post-12/",)),
        ("/post-12/", ["%d0%bc%d0%be%d1%81%d1%82"], ("/post-12/", "/%d0%bc%d0%be%d1%81%d1%82/")),
        ("/post-12/", ["/evil.test"], ("/post-12/", "/%2Fevil.test/")),
        ("/?p=12", ["first"], ()),
    ],
)
def test_an_earlier_slug_stands_where_the_last_one_does(
    reading: Reading, link: str, old: list[str], addresses: tuple[str, ...]
) -> None:
    meta = [("_wp_old_slug", slug) for slug in old]
    (post,) = posts(reading(item(link=f"https://old.example.org{link}", meta=meta)))

    assert post.addresses == (*addresses, "/?p=12")


def test_a_divided_post_is_one_with_the_addresses_of_all_its_pages(reading: Reading) -> None:
    link = "https://old.example.org/a-bridge/"
    body = "The bridge opened.<!--nextpage-->It closed.\n\n<!--nextpage-->\n\nIt fell."
    neighbour = item(13, link=f"{link}3/")
    post, _ = posts(reading(item(body=body, link=link), neighbour))

    assert post.addresses == ("/a-bridge/", "/a-bridge/2/", "/?p=12")
    assert markdown_of(post.body, lambda _: None).markdown == "The bridge opened.\n\nIt closed.\n\nIt fell.\n"


def test_an_earlier_address_that_is_another_posts_permalink_now_is_that_posts(reading: Reading) -> None:
    moved = item(12, meta=[("_wp_old_slug", "a-bridge"), ("_wp_old_slug", "the-bridge")])
    found = posts(
        reading(
            moved,
            item(13, link="https://old.example.org/2016/12/05/a-bridge/"),
            item(14, link="https://old.example.org/2016/12/05/the-bridge/", status="draft"),
        )
    )

    assert [post.addresses for post in found] == [
        ("/2016/12/05/post-12/", "/2016/12/05/the-bridge/", "/?p=12"),
        ("/2016/12/05/a-bridge/", "/?p=13"),
    ]


def test_a_post_with_very_many_earlier_slugs_has_a_bounded_number_of_addresses(reading: Reading) -> None:
    meta = [(key, f"2016-01-{day:02}") for key in ("_wp_old_slug", "_wp_old_date") for day in range(1, 29)]
    (post,) = posts(reading(item(meta=meta)))

    assert len(post.addresses) <= 30
    assert post.addresses[0] == "/2016/12/05/post-12/"
    assert "/?p=12" in post.addresses


def test_a_blog_below_a_path_has_its_addresses_there(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    post_and_author = item(link="https://old.example.org/blog/post-12/", guid=""), author("w2", "A. Writer")
    text = wxr(*post_and_author)
    path.write_text(
        text.replace("https://old.example.org</wp:base_blog", "https://old.example.org/blog</wp:base_blog")
    )
    (post,) = posts(list(opened(path).entries()))

    assert post.addresses == ("/blog/post-12/", "/blog/?p=12")
    assert {"/blog/": "home", "/blog/feed/": "feed", "/blog/?author=1": "home"}.items() <= opened(
        path
    ).site_addresses().items()


def test_posts_of_one_number_or_one_slug_are_all_taken_and_have_ids_of_their_own(reading: Reading) -> None:
    found = posts(
        reading(
            *(item(12, title="A"), item(12, title="B", body="Another.", post_name="b"), item(12, title="A")),
            *(item(13, title="C", post_name="b"), item("", title="D", body="No number.")),
        )
    )

    assert [(post.title, post.slug) for post in found] == [
        ("A", "post-12"),
        ("B", "b"),
        ("C", "b"),
        ("D", "post-"),
    ]
    assert [post.id for post in found][:3] == ["12", "12-2", "13"]
    assert len({post.id for post in found}) == 4


def test_an_export_gives_the_same_each_time() -> None:
    export = opened(EXPORTS / "polylang.xml")

    assert (
        list(export.entries()) == list(export.entries()) == list(opened(EXPORTS / "polylang.xml").entries())
    )


def test_footnotes_that_wordpress_keeps_in_a_field_come_along(reading: Reading) -> None:
    mark = '<sup data-fn="a7" class="fn"><a href="#a7" id="a7-link">1</a></sup>'
    body = f"<p>It opened.{mark} People came.</p><!-- wp:footnotes /-->"
    notes = '[{"content":"By its <em>own</em> weight.","id":"a7"}]'
    [post] = posts(reading(item(body=body, meta={"footnotes": notes})))
    markdown = markdown_of(post.body, lambda _: None).markdown
    assert markdown == "It opened.[^1] People came.\n\n[^1]: By its *own* weight.\n"


@pytest.mark.parametrize("notes", ["", "[", '{"id": 1}', "[1]", '[{"id": "a7"}]', "null"])
def test_a_damaged_field_of_footnotes_loses_nothing_else(reading: Reading, notes: str) -> None:
    [post] = posts(reading(item(body="<p>It opened.</p><!-- wp:footnotes /-->", meta={"footnotes": notes})))
    assert "It opened." in post.body


@pytest.mark.parametrize(
    ("shortcode", "shown"),
    [
        ('[gallery ids="41,40,99"]', ("b", "a")),
        ("[gallery include=40]", ("a",)),
        ("[gallery]", ("a", "b")),
        ("[GALLERY columns='2']", ("a", "b")),
        ("[[gallery]]", ()),
    ],
)
def test_a_gallery_becomes_its_pictures(reading: Reading, shortcode: str, shown: tuple[str, ...]) -> None:
    pictures = [
        item(
            *(number,),
            post_type="attachment",
            status="inherit",
            post_parent="12",
            attachment_url=f"https://old.example.org/{name}.jpg",
            body="",
            meta={"_wp_attachment_image_alt": f"Picture <{name}>"},
        )
        for number, name in ((40, "a"), (41, "b"))
    ]
    (post,) = posts(reading(item(body=f"One.\n\n{shortcode}\n\nTwo."), *pictures))

    figures = [f'<figure><img src="https://old.example.org/{each}.jpg" alt="Picture' for each in shown]
    assert post.body.count("<figure>") == len(shown)
    positions = [post.body.index(figure) for figure in figures]
    assert positions == sorted(positions)
    assert post.body.startswith("One.\n\n")
    assert post.body.endswith("Two.")


def test_a_synced_pattern_is_put_where_it_was_shown(reading: Reading) -> None:
    pattern = '<!-- wp:block {"ref":60} /-->'
    (post,) = posts(
        reading(
            item(body=f'<p>One.</p>{pattern}<!-- wp:block {{"ref":61}} /-->'),
            item(60, post_type="wp_block", body=f"<p>Two.</p>{pattern}"),
            item(61, post_type="wp_block", status="draft", body="<p>Not yet.</p>"),
        )
    )

    assert post.body.startswith("<p>One.</p><p>Two.</p><p>Two.</p>")
    assert "Not yet" not in post.body


def a_pattern(body: str, **texts: str) -> str:
    return item(30, post_type="wp_block", body=body, **texts)


def test_a_post_stays_out_if_a_synced_pattern_in_it_is_for_members(reading: Reading) -> None:
    shown = item(body='<p>Open.</p><!-- wp:block {"ref":30} /-->')

    assert posts(reading(shown, a_pattern("<p>Open.</p>")))
    entry = reading(shown, a_pattern("[private]Closed.[/private]"))[0]
    assert isinstance(entry, LeftOut)
    assert (entry.reason, entry.detail) == (Reason.MEMBERS_ONLY, "a shortcode in its text, [private]")


def test_a_synced_pattern_with_a_password_is_not_shown(reading: Reading) -> None:
    shown = item(body='<p>Open.</p><!-- wp:block {"ref":30} /-->')

    assert "Closed" not in str(reading(shown, a_pattern("<p>Closed.</p>", post_password="sesame")))


@pytest.mark.parametrize("status", ["trash", "private", "draft"])
def test_a_picture_in_the_trash_or_a_private_one_is_in_no_post(reading: Reading, status: str) -> None:
    address = "https://old.example.org/wp-content/uploads/2016/12/hidden.jpg"
    picture = item(
        13, post_type="attachment", status=status, post_parent="12", attachment_url=address, body=""
    )
    shown = item(body='<p>Open.</p>[gallery][gallery ids="13"]', meta={"_thumbnail_id": "13"})

    (post,) = posts(reading(shown, picture))
    assert "hidden" not in str(post)


def test_a_post_whose_text_a_page_builder_keeps_says_so(reading: Reading) -> None:
    entries = reading(item(body="", meta={"_elementor_data": "[]"}))

    assert left_out(entries) == [("A bridge", Reason.EMPTY, "a page builder keeps its text")]


def test_a_post_of_pictures_only_is_taken(reading: Reading) -> None:
    body = '<!-- wp:image --><figure><img src="https://old.example.org/a.jpg"/></figure><!-- /wp:image -->'

    assert [post.body for post in posts(reading(item(body=body)))] == [body]


def test_titles_and_excerpts_are_plain_words(reading: Reading) -> None:
    title, excerpt = (
        "A &lt;b&gt; &#8211; <em>river</em>\n &amp;c. 1 < 2",
        "[dropcap]O[/dropcap]ne.\n<b>Two</b> [sic 1]",
    )
    (post,) = posts(reading(item(title=title, excerpt=excerpt)))

    assert post.title == "A <b> – river &c. 1 < 2"
    assert post.summary == "One. Two [sic 1]"


def test_the_category_of_unsorted_posts_is_none(reading: Reading) -> None:
    terms = [("category", "uncategorized", "Uncategorized"), ("category", "uncategorized-be", "Без рубрыкі")]
    (post,) = posts(
        reading(
            item(
                terms=[*terms, ("category", "towns", "Towns"), ("post_format", "post-format-aside", "Aside")]
            )
        )
    )

    assert (post.categories, post.tags) == (("Towns",), ())


@pytest.mark.parametrize(("site", "language"), [("be-BY", "be"), ("en-US", ""), ("ru-RU", "ru")])
def test_a_post_of_wpml_whose_address_names_no_language_has_that_of_the_site_unless_others_name_it(
    tmp_path: Path, site: str, language: str
) -> None:
    path = tmp_path / "export.xml"
    english = item(2, link="https://old.example.org/en/a-bridge/", meta={"_wpml_word_count": "4"})
    path.write_text(wxr(item(link="https://old.example.org/tv/most/"), english).replace("en-US", site))

    assert [post.language for post in posts(list(opened(path).entries()))] == [language, "en"]
