"""What of a static site's folder becomes a post, what is left out, and that nothing outside of it is read."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from conversion.folder_site import FolderSite
from conversion.post import BodyFormat, LeftOut, Reason, UnreadableExportError
from tests.static_sites import (
    NOW,
    PNG,
    WARSAW,
    a_site,
    a_text,
    left_out_of,
    posts_of,
    site_of,
    the_post,
)

JEKYLL = {"_config.yml": "title: News\n"}
HUGO = {"hugo.toml": 'baseURL = "https://example.org/"\n'}
PELICAN = {"pelicanconf.py": "PATH = 'content'\n"}


def test_a_post_has_what_its_head_says(tmp_path: Path) -> None:
    head = """\
        ---
        title: "Bread &amp; salt"
        description: What the
          neighbours want
        date: 2016-12-05 10:00
        categories: [Home News, World]
        tags: [bread, salt]
        authors: [A. Author, 'B. Author <b@example.org>', jdoe]
        cover:
          image: pic.png
          alt: A table
        slug: bread
        ---
        The bridge was opened.
        """
    files = {**HUGO, "content/posts/x/index.md": head, "content/posts/x/pic.png": PNG}
    post = the_post(a_site(tmp_path, files))
    assert post.id == post.place == "content/posts/x/index.md"
    assert (post.title, post.summary) == ("Bread & salt", "What the neighbours want")
    assert post.published == datetime(2016, 12, 5, 10, tzinfo=WARSAW)
    assert (post.categories, post.tags) == (("Home News", "World"), ("bread", "salt"))
    assert post.authors == ("A. Author", "B. Author")
    assert (post.picture, post.picture_alt) == ("/content/posts/x/pic.png", "A table")
    assert (post.slug, post.body_format) == ("bread", BodyFormat.MARKDOWN)
    assert post.body.strip() == "The bridge was opened."


def test_the_words_of_a_footnote_are_no_address(tmp_path: Path) -> None:
    body = "Words.[^1]\n\n[^1]: A note.\n[there]: other.md\n"
    text = f"---\ntitle: A\ndate: 2016-12-05\n---\n{body}"
    assert "[^1]: A note." in the_post(a_site(tmp_path, {**HUGO, "content/posts/x.md": text})).body


@pytest.mark.parametrize(
    "head",
    [
        '+++\ntitle = "A bridge"\ndate = 2016-12-05T10:00:00+01:00\n+++\n',
        '{"title": "A bridge", "date": "2016-12-05T10:00:00+01:00"}\n',
        "title: A bridge\ndate: 2016-12-05 10:00\n\n",
        "---\r\ntitle: A bridge\r\ndate: 2016-12-05 10:00:00 +0100\r\n---\r\n",
        "\ufeff---\ntitle: A bridge\ndate: 2016-12-05 10:00\n---\n",
    ],
)
def test_heads_of_all_formats_are_read(tmp_path: Path, head: str) -> None:
    post = the_post(a_site(tmp_path, {**HUGO, "content/posts/x.md": (head + "Words.\n").encode()}))
    assert post.title == "A bridge"
    assert post.published == datetime(2016, 12, 5, 10, tzinfo=WARSAW)


def test_a_time_without_an_offset_is_in_the_zone_that_the_site_names(tmp_path: Path) -> None:
    files = {
        "_config.yml": "timezone: Asia/Tokyo\n",
        "_posts/2016-12-05-x.md": a_text(date="2016-12-05 10:00"),
    }
    assert the_post(a_site(tmp_path, files)).published.isoformat() == "2016-12-05T10:00:00+09:00"


@pytest.mark.parametrize("head", [{}, {"date": "2016-12-05"}, {"date": "2016-12-05 00:00:00"}])
def test_a_day_without_a_time_stays_that_day_in_the_newsletters_zone(
    tmp_path: Path, head: dict[str, str]
) -> None:
    files = {"_config.yml": "timezone: Asia/Tokyo\n", "_posts/2016-12-05-x.md": a_text(**head)}
    post = the_post(a_site(tmp_path, files))
    assert post.published == datetime(2016, 12, 5, tzinfo=WARSAW)
    assert "/2016/12/05/x.html" in post.addresses


@pytest.mark.parametrize(
    ("name", "settings", "is_typographic"),
    [
        ("hugo.toml", "", True),
        ("hugo.toml", "[markup.goldmark.extensions]\ntypographer = false\n", False),
        ("hugo.toml", "[markup.goldmark.extensions.typographer]\ndisable = true\n", False),
        ("_config.yml", "title: A site\n", True),
        ("_config.yml", "markdown: CommonMark\n", False),
        ("pelicanconf.py", "SITENAME = 'A site'\n", False),
    ],
)
def test_quotes_are_set_as_in_print_if_the_old_site_did_so(
    tmp_path: Path, name: str, settings: str, *, is_typographic: bool
) -> None:
    site = site_of(a_site(tmp_path, {name: settings, "content/posts/2016-12-05-x.md": a_text()})).site
    assert site.is_typographic is is_typographic


def test_a_text_without_a_title_is_called_after_its_heading_or_its_file(tmp_path: Path) -> None:
    files = {
        **JEKYLL,
        "_posts/2016-12-05-the-first-bridge.md": a_text(title=""),
        "_posts/2016-12-06-x.md": "---\nlayout: post\n---\n# The second *bridge*\n\nWords.\n",
    }
    posts = posts_of(a_site(tmp_path, files)).values()
    assert [(post.title, post.body.strip()) for post in posts] == [
        ("The first bridge", "The bridge was opened."),
        ("The second *bridge*", "Words."),
    ]


def test_a_heading_that_repeats_the_title_is_dropped(tmp_path: Path) -> None:
    files = {**JEKYLL, "_posts/2016-12-05-x.md": a_text("# A bridge\n\nWords.")}
    assert the_post(a_site(tmp_path, files)).body.strip() == "Words."


@pytest.mark.parametrize(
    ("name", "head", "reason"),
    [
        ("content/posts/x.md", {"draft": "true"}, Reason.DRAFT),
        ("content/posts/x.md", {"date": "2099-01-01"}, Reason.SCHEDULED),
        ("content/posts/x.md", {"publishDate": "2099-01-01"}, Reason.SCHEDULED),
        ("content/posts/x.md", {"expiryDate": "2017-01-01"}, Reason.DRAFT),
        ("content/posts/x.md", {"visibility": "private"}, Reason.PRIVATE),
        ("content/posts/x.md", {"password": "sesame"}, Reason.PASSWORD),
        ("content/posts/x.md", {"audience": "only_paid"}, Reason.PAID),
        ("content/posts/x.md", {"visibility": "members"}, Reason.MEMBERS_ONLY),
        ("content/posts/x.md", {"members": "true"}, Reason.MEMBERS_ONLY),
        ("content/posts/x.md", {"restricted": "true"}, Reason.MEMBERS_ONLY),
        ("content/posts/x.md", {"premium": "yes"}, Reason.PAID),
        ("content/posts/x.md", {"paywall": "true"}, Reason.PAID),
        ("content/posts/x.md", {"encrypted": "sesame"}, Reason.PASSWORD),
        ("content/posts/x.md", {"date": ""}, Reason.NO_DATE),
        ("content/about.md", {"date": ""}, Reason.PAGE),
        ("content/posts/x.draft.md", {}, Reason.DRAFT),
        ("content/drafts/x.md", {}, Reason.DRAFT),
        ("content/posts/x.rst", {}, Reason.OTHER_KIND),
    ],
)
def test_what_was_not_public_is_left_out(
    tmp_path: Path, name: str, head: dict[str, str], reason: Reason
) -> None:
    left_out = left_out_of(a_site(tmp_path, {**HUGO, name: a_text(**{"date": "2016-12-05"} | head)}))
    assert {place: entry.reason for place, entry in left_out.items()} == {name: reason}
    assert "sesame" not in left_out[name].detail


@pytest.mark.parametrize(
    "code", ['{{% hugo-encryptor "sesame" %}}', "{{< members >}}", "{% private %}", "{{< paywall >}}"]
)
def test_a_text_with_a_code_that_hid_a_part_of_it_is_left_out(tmp_path: Path, code: str) -> None:
    name = "content/posts/x.md"
    text = a_text(f"Open.\n\n{code}\n\nClosed.", date="2016-12-05")
    (entry,) = left_out_of(a_site(tmp_path, {**HUGO, name: text})).values()
    assert entry.reason is Reason.PRIVATE
    assert "sesame" not in str(entry)


def test_a_list_of_members_and_words_about_them_keep_no_text_out(tmp_path: Path) -> None:
    text = a_text("Members {of} {{ site.members }}.", date="2016-12-05", members="[A. Author, B. Writer]")
    assert the_post(a_site(tmp_path, {**HUGO, "content/posts/x.md": text}))


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (
            {"_config.yml": "defaults: [{scope: {path: ''}, values: {published: false}}]"},
            "_posts/2016-12-05-x.md",
        ),
        ({"_config.yml": "title: x"}, "_drafts/2016-12-05-x.md"),
        ({"pelicanconf.py": "DEFAULT_METADATA = {'status': 'draft'}"}, "content/2016-12-05-x.md"),
        ({".eleventy.js": "", "posts/posts.json": '{"draft": true}'}, "posts/2016-12-05-x.md"),
        ({**HUGO, "content/a/_index.md": "---\ncascade:\n  draft: true\n---\n"}, "content/a/2016-12-05-x.md"),
        (
            {**HUGO, "content/a/_index.md": "+++\n[[cascade]]\ndraft = true\n+++\n"},
            "content/a/2016-12-05-x.md",
        ),
    ],
)
def test_what_settings_call_drafts_is_left_out(tmp_path: Path, settings: dict[str, str], name: str) -> None:
    left_out = left_out_of(a_site(tmp_path, {**settings, name: a_text(date="2016-12-05")}))
    assert {place: entry.reason for place, entry in left_out.items()} == {name: Reason.DRAFT}


def test_a_collection_that_jekyll_did_not_show_is_left_out(tmp_path: Path) -> None:
    files = {"_config.yml": "collections: {notes: {output: false}}", "_notes/x.md": a_text(date="2016-12-05")}
    assert left_out_of(a_site(tmp_path, files))["_notes/x.md"].reason is Reason.OTHER_KIND


def test_files_about_the_site_are_no_texts(tmp_path: Path) -> None:
    others = ("README.md", "_includes/x.md", "_site/2016/x.md", "node_modules/y/x.md", "vendor/_posts/x.md")
    files = {**JEKYLL, "_posts/2016-12-05-x.md": a_text(), **dict.fromkeys(others, a_text())}
    assert list(posts_of(a_site(tmp_path, files))) == ["_posts/2016-12-05-x.md"]


@pytest.mark.parametrize(
    "content",
    [
        b"---\ntitle: A\n--\nWords.\n",
        "---\ntitle: Мост\n---\nСловы пра мост.\n".encode("cp1251"),
        "---\ntitle: A\n---\nWords\n".encode("utf-16"),
        b"---\ntitle: A\ndraft true\n---\nWords.\n",
        b"---\ntitle: A\n---\n" + b"word " * 200_000,
        b'---\ntitle: "A\n---\nWords.\n',
    ],
)
def test_a_damaged_text_is_named_and_the_others_are_taken(tmp_path: Path, content: bytes) -> None:
    files = {**JEKYLL, "_posts/2016-12-05-x.md": content, "_posts/2016-12-06-y.md": a_text()}
    entries = list(site_of(a_site(tmp_path, files)).entries())
    assert [type(entry) is LeftOut and entry.reason for entry in entries] == [Reason.UNREADABLE, False]
    assert isinstance(entries[0], LeftOut)
    assert entries[0].detail


def test_what_is_no_ordinary_file_is_named_and_not_opened(tmp_path: Path) -> None:
    folder = a_site(tmp_path, {**JEKYLL, "_posts/2016-12-06-y.md": a_text()})
    os.mkfifo(folder / "_posts/2016-12-05-x.md")
    (Path(os.fsdecode(os.fsencode(folder) + b"/_posts/2016-12-05-\xff\n.md"))).write_text(a_text())
    left_out = left_out_of(folder)
    assert [entry.reason for entry in left_out.values()] == [Reason.UNREADABLE] * 2
    assert all(place.encode() for place in left_out)


def test_html_of_pelican_is_read_with_its_meta(tmp_path: Path) -> None:
    page = """\
        <!DOCTYPE html>
        <html><head><title>Bread &amp; salt</title>
        <meta name="date" content="2016-12-05 10:00"><meta name="category" content="World">
        <meta name="tags" content="bread, salt"></head>
        <body class="x"><p>The bridge.</p></body></html>
        """
    post = the_post(a_site(tmp_path, {**PELICAN, "content/x.html": page}))
    assert (post.title, post.categories, post.tags) == ("Bread & salt", ("World",), ("bread", "salt"))
    assert (post.body, post.body_format) == ("<p>The bridge.</p>", BodyFormat.HTML)


def test_html_that_says_it_is_a_draft_is_left_out(tmp_path: Path) -> None:
    meta = '<meta name="date" content="2016-12-05"><meta name="status" content="draft">'
    page = f"<html><head>{meta}</head><body>x"
    left_out = left_out_of(a_site(tmp_path, {**PELICAN, "content/x.html": page}))
    assert left_out["content/x.html"].reason is Reason.DRAFT


def test_pictures_are_found_where_the_site_had_them(tmp_path: Path) -> None:
    body = (
        "![a](pic.png) ![b](/images/b.png) ![c](https://www.example.org/images/b.png)\n"
        "![d](../missing.png) <img src='pic.png' alt='e'> ![f](https://other.test/images/b.png)"
    )
    files = {
        **HUGO,
        "content/posts/x/index.md": a_text(body, date="2016-12-05"),
        "content/posts/x/pic.png": PNG,
        "static/images/b.png": PNG + b"b",
    }
    site = site_of(a_site(tmp_path, files))
    (post,) = posts_of(tmp_path).values()
    assert post.body.strip() == (
        "![a](/content/posts/x/pic.png) ![b](/static/images/b.png) ![c](/static/images/b.png)\n"
        "![d](../missing.png) <img src='/content/posts/x/pic.png' alt='e'> ![f](https://other.test/images/b.png)"
    )
    assert site.file("/content/posts/x/pic.png") == PNG
    assert site.file("/images/b.png") == PNG + b"b"
    assert site.file("../missing.png") is None


def test_jekylls_and_pelicans_pictures_are_found_too(tmp_path: Path) -> None:
    body = (
        "![a]({{ site.baseurl }}/assets/a.png) ![b]({{ '/assets/b.png' | relative_url }})"
        " ![c]({{site.url}}/assets/a.png)"
    )
    files = {
        "_config.yml": "baseurl: /blog",
        "_posts/2016-12-05-x.md": a_text(body),
        "assets/a.png": PNG,
        "assets/b.png": PNG,
    }
    post = the_post(a_site(tmp_path / "jekyll", files))
    assert post.body.strip() == "![a](/assets/a.png) ![b](/assets/b.png) ![c](/assets/a.png)"
    files = {
        **PELICAN,
        "content/news/x.md": a_text(
            "![a]({static}/images/a.png) ![b]({attach}b.png) ![c](|filename|/images/a.png)", date="2016-12-05"
        ),
        "content/images/a.png": PNG,
        "content/news/b.png": PNG,
    }
    post = the_post(a_site(tmp_path / "pelican", files))
    assert (
        post.body.strip()
        == "![a](/content/images/a.png) ![b](/content/news/b.png) ![c](/content/images/a.png)"
    )


@pytest.mark.parametrize(
    "address",
    [
        "../secret.png",
        "/../secret.png",
        "%2e%2e/secret.png",
        "..\\secret.png",
        "/link.png",
        "/linked/secret.png",
        "/.hidden/secret.png",
        "/hugo.toml",
        "file:///etc/passwd",
        "/a\0.png",
        "//[evil.png",
    ],
)
def test_no_file_outside_of_the_folder_is_a_picture(tmp_path: Path, address: str) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    folder = a_site(tmp_path / "site", {**HUGO, "content/posts/x.md": a_text(), ".hidden/secret.png": PNG})
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "linked").symlink_to(tmp_path)
    assert site_of(folder).file(address) is None


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    a_site(tmp_path / "other", {"secret.md": a_text(date="2016-12-05")})
    folder = a_site(tmp_path / "site", {**HUGO, "content/posts/x.md": a_text(date="2016-12-05")})
    (folder / "content/posts/link.md").symlink_to(tmp_path / "other/secret.md")
    (folder / "content/linked").symlink_to(tmp_path / "other")
    entries = {e.place: e.reason if isinstance(e, LeftOut) else "" for e in site_of(folder).entries()}
    assert entries == {"content/posts/link.md": Reason.UNREADABLE, "content/posts/x.md": ""}


def test_links_to_other_texts_lead_to_their_old_addresses(tmp_path: Path) -> None:
    body = "[a]({% post_url 2016-12-06-y %}) [b]({% link _posts/2016-12-06-y.md %}#part) [c](/z/) [d](../q/)"
    files = {
        "_config.yml": "permalink: /:title/",
        "_posts/2016-12-05-x.md": a_text(body),
        "_posts/2016-12-06-y.md": a_text(),
    }
    post = posts_of(a_site(tmp_path / "jekyll", files))["_posts/2016-12-05-x.md"]
    assert post.body.strip() == "[a](/y/) [b](/y/#part) [c](/z/) [d](/q/)"
    body = (
        '[a]({{< ref "y.md" >}}) [b]({{% relref "/posts/y.md#part" %}}) [c](y.md) [d]({{< ref "none.md" >}})'
    )
    dated = {"date": "2016-12-05"}
    files = {**HUGO, "content/posts/x.md": a_text(body, **dated), "content/posts/y.md": a_text(**dated)}
    post = posts_of(a_site(tmp_path / "hugo", files))["content/posts/x.md"]
    assert post.body.strip() == '[a](/posts/y/) [b](/posts/y/#part) [c](/posts/y/) [d]({{< ref "none.md" >}})'
    files = {
        **PELICAN,
        "content/x.md": a_text(
            "[a]({filename}news/y.md) [b](|filename|/news/y.md) [c]({static}/a.pdf)", **dated, slug="x"
        ),
        "content/news/y.md": a_text(**dated, slug="y"),
    }
    post = posts_of(a_site(tmp_path / "pelican", files))["content/x.md"]
    assert post.body.strip() == "[a](/y.html) [b](/y.html) [c](/a.pdf)"


def test_what_a_text_shows_raw_stays_as_it_is(tmp_path: Path) -> None:
    body = "{% raw %}{{ '/a' | relative_url }}{% endraw %} [x]({{ '/a' | relative_url }})"
    files = {"_config.yml": "baseurl: /blog", "_posts/2016-12-05-x.md": a_text(body)}
    expected = "{% raw %}{{ '/a' | relative_url }}{% endraw %} [x](/blog/a)"
    assert the_post(a_site(tmp_path, files)).body.strip() == expected


def test_a_picture_that_settings_give_to_all_texts_is_above_none(tmp_path: Path) -> None:
    settings = "defaults: [{scope: {path: ''}, values: {image: /assets/all.png, lang: be}}]"
    files = {"_config.yml": settings, "_posts/2016-12-05-x.md": a_text(), "assets/all.png": PNG}
    post = the_post(a_site(tmp_path, files))
    assert (post.picture, post.language) == ("", "be")


def test_a_picture_called_featured_beside_a_text_is_above_it(tmp_path: Path) -> None:
    files = {
        **HUGO,
        "content/posts/x/index.md": a_text(date="2016-12-05"),
        "content/posts/x/my-featured.png": PNG,
    }
    assert the_post(a_site(tmp_path, files)).picture == "/content/posts/x/my-featured.png"


def test_a_footnote_is_no_target(tmp_path: Path) -> None:
    body = "Words.[^1] [a]\n\n[^1]: On Monday.\n[a]: ../y/"
    files = {"_config.yml": "permalink: /:title/", "_posts/2016-12-05-x.md": a_text(body)}
    expected = "Words.[^1] [a]\n\n[^1]: On Monday.\n[a]: /y/"
    assert the_post(a_site(tmp_path, files)).body.strip() == expected


def test_a_link_leads_to_the_text_in_the_same_language(tmp_path: Path) -> None:
    settings = 'defaultContentLanguage = "en"\n[languages.en]\n[languages.be]\n'
    dated = {"date": "2016-12-05"}
    files = {
        "hugo.toml": settings,
        "content/posts/x.be.md": a_text('[a]({{< ref "/posts/y" >}})', **dated),
        "content/posts/y.md": a_text(**dated),
        "content/posts/y.be.md": a_text(**dated),
    }
    assert posts_of(a_site(tmp_path, files))["content/posts/x.be.md"].body.strip() == "[a](/be/posts/y/)"


def test_words_in_comments_of_templates_are_not_taken(tmp_path: Path) -> None:
    body = (
        "A{% comment %} secret {% endcomment %}B{{/* secret */}}C{{< comment >}}secret{{< /comment >}}D"
        "{::comment}secret{:/comment}E\n\n`{% comment %}`"
    )
    files = {**JEKYLL, "_posts/2016-12-05-x.md": a_text(body)}
    assert the_post(a_site(tmp_path, files)).body.strip() == "ABCDE\n\n`{% comment %}`"


def test_a_comment_of_a_template_ends_where_it_says(tmp_path: Path) -> None:
    body = "A{% comment %}\n```\nsecret `secret`\n```\nsecret {%- endcomment -%}B{% comment %} left"
    files = {**JEKYLL, "_posts/2016-12-05-x.md": a_text(body)}
    assert the_post(a_site(tmp_path, files)).body.strip() == "AB{% comment %} left"


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    files = {**JEKYLL, **{f"_posts/2016-12-{day:02}-x.md": a_text() for day in range(1, 20)}}
    site = site_of(a_site(tmp_path, files))
    assert list(site.entries()) == list(site.entries()) == list(FolderSite(tmp_path, WARSAW, NOW).entries())


def test_pelicans_settings_are_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    settings = f"""\
        import os
        open({str(mark)!r}, "w")
        SITEURL = os.environ.get("X", "") or __import__("os").getcwd()
        ARTICLE_URL = "posts/" "{{slug}}/"
        DEFAULT_LANG = "be"
        """
    files = {"pelicanconf.py": settings, "content/x.md": a_text(date="2016-12-05")}
    post = the_post(a_site(tmp_path / "site", files))
    assert (post.addresses, post.language) == (("/posts/a-bridge/",), "be")
    assert not mark.exists()


BOMB = "a: &a [x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("_config.yml", BOMB),
        ("_config.yml", "a: [" * 3_000),
        ("_config.yml", "permalink: [unclosed\n"),
        ("_config.yml", "a: !!python/object/apply:os.system [ls]\n"),
        ("_config.yml", "x" * 300_000),
        ("_config.yml", b"title: \xff\xfe\n"),
        ("hugo.toml", "a = "),
        ("hugo.json", "[" * 100_000),
        ("pelicanconf.py", "print 'x'\n"),
        ("pelicanconf.py", "A = " + "(" * 300),
    ],
)
def test_settings_that_cannot_be_read_stop_with_their_name(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    folder = a_site(tmp_path, {"_posts/2016-12-05-x.md": a_text()})
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnreadableExportError, match=f"{name} can't be read: .*Correct it"):
        site_of(folder)


def test_a_few_aliases_are_fine(tmp_path: Path) -> None:
    settings = "x: &x {permalink: pretty}\ny: *x\n<<: *x\n"
    files = {"_config.yml": settings, "_posts/2016-12-05-x.md": a_text()}
    assert the_post(a_site(tmp_path, files)).addresses[0] == "/2016/12/05/x/"


@pytest.mark.parametrize(
    "settings",
    ["[]", "- a\n", "permalink: 3\nlanguages: {x: 1}\ndefaults: 3\ncollections: [x]\nurl: [1]\n", ""],
)
def test_odd_settings_are_as_if_they_were_not_there(tmp_path: Path, settings: str) -> None:
    files = {"_config.yml": settings, "_posts/2016-12-05-x.md": a_text()}
    assert the_post(a_site(tmp_path, files)).addresses[0] == "/2016/12/05/x.html"


def test_a_folder_without_texts_is_no_site(tmp_path: Path) -> None:
    assert not FolderSite.recognises(tmp_path)
    with pytest.raises(UnreadableExportError, match="no text"):
        site_of(tmp_path)
    assert not FolderSite.recognises(tmp_path / "absent")


@pytest.mark.parametrize(
    ("files", "system"),
    [
        ({"hugo.yaml": "", "content/x.md": ""}, "Hugo"),
        ({"config.toml": "", "content/x.md": ""}, "Hugo"),
        ({"_config.yml": "", "_posts/x.md": ""}, "Jekyll"),
        ({"_config.yml": "", "source/_posts/x.md": ""}, "Hexo"),
        ({"pelicanconf.py": "", "content/x.md": ""}, "Pelican"),
        ({"eleventy.config.js": "", "x.md": ""}, "Eleventy"),
        ({"conf.py": "", "posts/x.md": ""}, "Nikola"),
        ({"a/b/x.md": ""}, "Markdown"),
    ],
)
def test_the_system_is_known_by_its_files(tmp_path: Path, files: dict[str, str], system: str) -> None:
    assert FolderSite.recognises(a_site(tmp_path, files))
    assert site_of(tmp_path).system == system


def test_texts_of_no_known_program_are_read_by_their_names(tmp_path: Path) -> None:
    files = {
        "2016-12-05-bridge.be.md": a_text(),
        "2016/12/06/road.en.md": a_text(aliases="[/old-road]"),
        "ru/2016-12-07.md": a_text(),
    }
    posts = posts_of(a_site(tmp_path, files)).values()
    assert [(post.language, f"{post.published:%d}", post.addresses) for post in posts] == [
        ("be", "05", ()),
        ("en", "06", ("/old-road",)),
        ("ru", "07", ()),
    ]
