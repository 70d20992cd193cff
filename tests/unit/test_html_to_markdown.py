"""HTML of old systems becomes the Markdown of the desk, and is read back as the same words."""

import json
import re

import pytest

from broadsheet.content.read import read_issue
from conversion.html_to_markdown import ConvertedText, markdown_of, plain_words
from conversion.markdown_writer import heading, plain
from tests.builders import ISSUE_ID, a_newsletter
from tests.old_html import PICTURE, POSTS, captions_in, converted, links_in, read_back

KINDS = sorted(path.stem for path in POSTS.glob("*.html"))
FOOTER = (
    "Copyright © *|CURRENT_YEAR|* *|LIST:COMPANY|*, All rights reserved. "
    "Want to change how you receive these emails? You can"
)
LOST = {
    "blogger": ("an embedded page from https://vimeo.com/123456; a link leads there",),
    "buttondown": (
        "a field of the old mailer: {{ subscriber.metadata.first_name }}",
        "links through a redirect of buttondown.email that counts readers; they were kept",
        "the link of a caption to https://example.org/lamp",
        "a field of the old mailer: {{ subscribe_form }}",
    ),
    "ghost": (
        "a form",
        "an embedded page from https://www.youtube.com/watch?v=abcdefghijk; a link leads there",
        "a file of the old site: /content/files/2021/03/plan.pdf; the link was kept",
    ),
    "google-docs": (),
    "mailchimp": (
        "words of the old mailer: View this email in your browser",
        "a field of the old mailer: *|FNAME|*",
        "links through a redirect of list-manage.com that counts readers; they were kept",
        f"words of the old mailer: {FOOTER}",
    ),
    "old-editor": (
        "a link to file:///C:/My%20Documents/snow.doc",
        "a player from https://www.youtube.com/watch?v=abcdefghijk; a link leads there",
    ),
    "substack": (
        "a form",
        "links through a redirect of substack.com that counts readers; they were kept",
        "a button: Get 20% off",
        "an embedded page from https://social.example.org/a/status/1; a link leads there",
        "an embedded page from https://www.youtube.com/watch?v=abcdefghijk; a link leads there",
    ),
    "word": (),
    "wordpress-blocks": (
        'a code of the old system: [subscribe_box style="wide"]',
        "the link of a picture to https://example.org/council",
    ),
    "wordpress-classic": (
        'a code of the old system: [gallery ids="41,42,43" columns="2"]',
        'a code of the old system: [contact-form-7 id="7" title="Write to us"]',
    ),
}


def in_markdown(html: str) -> str:
    return converted(html).markdown


def named_after_address(address: str) -> str:
    return "images/" + re.split(r"/|%2F", address.partition("?")[0])[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_post_of_each_system_becomes_our_markdown(kind: str) -> None:
    text = markdown_of((POSTS / f"{kind}.html").read_text(), named_after_address)

    assert text.markdown == (POSTS / f"{kind}.markdown").read_text()
    assert text.lost == LOST[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_post_of_each_system_is_accepted_strictly(kind: str) -> None:
    markdown = (POSTS / f"{kind}.markdown").read_text()

    pictures = re.findall(r"\((images/\S+?)[ )]", markdown)

    assert read_back(markdown, pictures, edition="be" if kind == "word" else "en").blocks


def test_marks_are_written_as_our_reader_recognises_them() -> None:
    html = "<p>A <b>bold </b>word, un<b>believ</b>able, «<i>дзве цытаты</i>», <b><i>both</i></b></p>"

    assert in_markdown(html) == (
        "A **bold** word, un<strong>believ</strong>able, «<em>дзве цытаты</em>», ***both***\n"
    )


def test_signs_in_words_stay_words() -> None:
    html = "- 5 °C<br>1991. A year<br># a tag<br>5 * 3 * 2, snake_case, _x_, [a](b), &lt;b&gt;, &amp;amp;"

    assert in_markdown(f"<p>{html}</p>") == (
        "\\- 5 °C\\\n1991\\. A year\\\n\\# a tag\\\n"
        "5 \\* 3 \\* 2, snake_case, \\_x\\_, [a\\](b), \\<b>, &amp;amp;\n"
    )


def test_headings_keep_their_order_below_the_given_level() -> None:
    assert in_markdown("<h2>One</h2><p>x</p><h4>Two</h4>") == "#### One\n\nx\n\n###### Two\n"


def test_headings_of_an_article_make_no_commentaries() -> None:
    text = markdown_of("<h1>One</h1><h2>Two</h2><p>x</p>", lambda _: None, heading=2)

    assert text.markdown == "## One\n\n#### Two\n\nx\n"


@pytest.mark.parametrize("mark", ["b", "i"])
def test_a_first_paragraph_in_bold_or_italics_is_no_byline_and_no_trend(mark: str) -> None:
    assert in_markdown(f"<p><{mark}>Words</{mark}></p>") == f"<{mark}>Words</{mark}>\n"


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:x()", "JaVaScRiPt:x()", "java\nscript:x()", " javascript:x()", "data:text/html,x"),
        *(
            "file:///c:/x",
            "vbscript:x",
            "blob:https://a.test/1",
            "tel:+1",
            "mailto:nobody",
            "https:///x",
            "x.png",
        ),
    ],
)
def test_an_unsafe_or_broken_link_is_named_and_its_words_stay(target: str) -> None:
    text = converted(f'<p>See <a href="{target}">this page</a>.</p>')

    assert text.markdown == "See this page.\n"
    assert text.lost == (f"a link to {''.join(target.split())}",)


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("//example.org/a", "https://example.org/a"),
        ("www.example.org", "https://www.example.org"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https:\\\\example.org\\a", "https://example.org/a"),
        ("/2016/12/a-bridge/?p=1", "/2016/12/a-bridge/?p=1"),
        ("https://example.org/слова?a=1&b=2", "https://example.org/слова?a=1&b=2"),
        ("https://example.org/x|y", "https://example.org/x%7Cy"),
    ],
)
def test_a_link_is_written_so_that_it_leads_on(target: str, written: str) -> None:
    text = converted(f'<p>See <a href="{target}">this page</a>.</p>')

    assert links_in(read_back(text.markdown)) == [written]
    assert text.lost == ()


@pytest.mark.parametrize(
    "html",
    [
        *("<script>no</script>", "<style>no</style>", "<form>no <input value=no><button>no</button></form>"),
        *(
            "<div style='display: none'>no</div>",
            "<p hidden>no</p>",
            "<!-- no -->",
            "<template>no</template>",
        ),
        *("<span style='font-size:0px;color:red'>no</span>", "<![CDATA[no]]>", "<select><option>no</select>"),
        *("<p style='VISIBILITY:HIDDEN'>no</p>", "<span style='mso-hide:all'>no</span>", "<title>no</title>"),
        *(
            "<svg><text>no</text></svg>",
            "<math><mi>no</mi></math>",
            "<!--[if mso]>no<![endif]-->",
            "<xml>no</xml>",
        ),
        *("<iframe src='javascript:no()'>no</iframe>", "<textarea>no</textarea>", "<button>no</button>"),
    ],
)
def test_what_readers_did_not_see_gives_no_words(html: str) -> None:
    assert in_markdown(f"<p>a</p>{html}<p>b</p>") == "a\n\nb\n"


@pytest.mark.parametrize(
    ("html", "address"),
    [
        ("<iframe src='https://maps.example.org/x'></iframe>", "https://maps.example.org/x"),
        ("<iframe data-src='//player.vimeo.com/video/12'></iframe>", "https://vimeo.com/12"),
        ("<video><source src='https://example.org/a.mp4'></video>", "https://example.org/a.mp4"),
        ("<audio src='https://example.org/a.mp3'></audio>", "https://example.org/a.mp3"),
        ("<object data='https://example.org/a.swf'></object>", "https://example.org/a.swf"),
        (
            "[youtube https://www.youtube.com/watch?v=abcdefghijk]",
            "https://www.youtube.com/watch?v=abcdefghijk",
        ),
        ("[audio mp3='https://example.org/a.mp3'][/audio]", "https://example.org/a.mp3"),
    ],
)
def test_a_frame_or_player_becomes_a_link_which_is_named(html: str, address: str) -> None:
    text = converted(f"<p>before</p>{html}<p>after</p>")

    assert text.markdown == f"before\n\n<{address}>\n\nafter\n"
    assert address in "".join(text.lost)


@pytest.mark.parametrize("address", ["http://example.org/x", "javascript:x()", "data:text/html,x", ""])
def test_a_frame_of_an_unsafe_address_is_only_named(address: str) -> None:
    text = converted(f"<p>before</p><iframe src='{address}'></iframe>")

    assert text.markdown == "before\n"
    assert text.lost == (f"an embedded page{' from ' * bool(address)}{address}",)


@pytest.mark.parametrize(
    "html",
    [
        "<img src='https://x.test/held.png' alt='A view' width=600>",
        "<img src='data:image/gif;base64,R0l' data-src='https://x.test/held.png' alt='A view'>",
        "<img src='small.png' srcset='https://x.test/held.png 2x, https://x.test/b.png 1x' alt='A view'>",
        "<picture><source srcset='https://x.test/held.png 900w'><img src='b.png' alt='A view'></picture>",
        "<a href='https://x.test/held.png'><img src='https://x.test/small-300x200.png' alt='A view'></a>",
        "<img src='https://x.test/held-300x200.png' alt='A view'>",
    ],
)
def test_the_best_picture_that_there_is_is_shown(html: str) -> None:
    assert in_markdown(f"<p>{html}</p>") == f"![A view]({PICTURE})\n"


@pytest.mark.parametrize(
    "caption",
    ['A "view"', "It’s (photo: “X”)", "a * b_c [d](e) <b> & &amp;", "C:\\x\\", "’) ”) «x»)", "{# c #}"],
)
def test_a_caption_and_an_alternative_text_are_read_back_as_they_were(caption: str) -> None:
    text = caption.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    html = f'<figure><img src="held.png" alt="{text}"><figcaption>{text}</figcaption></figure>'

    piece = read_back(in_markdown(html))

    assert piece.picture is not None
    assert (piece.picture.alt, piece.picture.caption) == (caption, caption)
    assert captions_in(piece)


def test_a_missing_picture_leaves_its_words_and_its_address() -> None:
    text = converted(
        '<figure><img src="https://x.test/a.png" alt="A view"><figcaption>Here</figcaption></figure>'
    )

    assert text == ConvertedText("A view\n\nHere\n", ("https://x.test/a.png",), ())


def test_a_picture_in_a_paragraph_stands_alone() -> None:
    shown, image = "<img src='held.png'>", f"![]({PICTURE})"

    assert (
        in_markdown(f"<p>One {shown} two.</p><p>{shown} Three.</p><p>a<br>{shown}<br>b</p>")
        == f"One two.\n\n{image}\n\n{image}\n\nThree.\n\na\n\n{image}\n\nb\n"
    )


def test_pixels_that_count_readers_are_no_pictures() -> None:
    html = "<p>x</p><img src='held.gif' width=1 height=1><img src='held.gif' style='width:1px;height:1px'>"

    assert converted(html) == ConvertedText("x\n", (), ())


def test_a_text_of_mere_lines_keeps_them() -> None:
    html = "One,\ntwo.\n\n<em>Three</em>\n\n\n<h2>Four</h2>\nFive"

    assert in_markdown(html) == "One,\\\ntwo.\n\n*Three*\n\n#### Four\n\nFive\n"


def test_lines_between_the_blocks_of_a_post_are_paragraphs() -> None:
    html = "<!-- wp:paragraph --><p>One,\ntwo.</p><!-- /wp:paragraph -->\n\nThree.\n\nFour."

    assert in_markdown(html) == "One, two.\n\nThree.\n\nFour.\n"


def test_line_ends_between_tags_are_spaces() -> None:
    assert in_markdown("<p>One,\ntwo.</p>\n\n<p>Three</p>") == "One, two.\n\nThree\n"


def test_lists_keep_their_numbers_and_stay_apart() -> None:
    html = "<ol start=4><li>a<li value=9>b<ul><li>c</ul></ol><ol><li>d</ol><ol reversed><li>e<li>f</ol>"

    assert in_markdown(html) == "4. a\n9. b\n   - c\n\n1) d\n\n2. e\n1. f\n"


def test_a_list_of_another_number_stands_apart_from_the_words_above_it() -> None:
    assert in_markdown("<ul><li>a<ol start=7><li>b</ol></ul>") == "- a\n\n  7. b\n"


def test_codes_in_brackets_are_taken_out_and_other_brackets_stay() -> None:
    text = converted('<p>[sic] [1] [box color="red"]kept[/box] [[gallery]] <code>[gallery]</code></p>')

    assert text.markdown == "[sic] [1] kept [[gallery]] `[gallery]`\n"
    assert text.lost == ('a code of the old system: [box color="red"]',)


def test_codes_of_notes_are_footnotes() -> None:
    html = "One[footnote]A <b>note</b>.[/footnote].\n\nTwo[efn_note]Another.[/efn_note]."

    assert in_markdown(html) == "One[^1].\n\nTwo[^2].\n\n[^1]: A **note**.\n\n[^2]: Another.\n"


@pytest.mark.parametrize(
    "html", ["[caption]a[embed]b[/caption]c[/embed]", "[/caption]abc[caption]", "a[ref]b[ref]c[/ref]"]
)
def test_codes_that_are_nested_wrongly_leave_their_words(html: str) -> None:
    assert set("abc") <= set(in_markdown(html))


def test_a_table_that_arranges_a_page_gives_its_contents() -> None:
    html = (
        "<table role=presentation><tr><td>a<td>b</table><table><tr><td><table><tr><td>c</table><td>d</table>"
    )

    assert in_markdown(html) == "a\n\nb\n\nc\n\nd\n"


def test_cells_over_several_columns_and_rows_keep_the_others_in_place() -> None:
    html = "<table><tr><th colspan=2>a<th>b<tr><td rowspan=2>c<td>d<td>e<tr><td>f<td>g</table>"

    assert in_markdown(html) == "| a |  | b |\n| --- | --- | --- |\n| c | d | e |\n|  | f | g |\n"


def test_notes_are_footnotes_and_other_places_are_not() -> None:
    html = (
        '<p>One<a href="#n" id="m">*</a>, <a href="#top">up</a>, see <a href="#part">part</a>.</p>'
        '<h2 id="part">Part</h2><p id="n">* A note. <a href="#m">back to the text</a></p>'
    )

    text = converted(html)

    assert (
        text.markdown
        == "One[^1], up, see part.\n\n#### Part\n\n[^1]: * A note. back to the text\n".replace("* A", "\\* A")
    )
    assert text.lost == ("links to places within the page",)


def test_what_is_lost_is_named_once() -> None:
    html = '<a href="tel:1">a</a>' * 3 + "".join(f'<a href="tel:{number}">b</a> ' for number in range(300))

    lost = converted(html).lost

    assert len(lost) == 101
    assert lost[-1] == "and 200 more"


def test_a_widget_with_a_damaged_description_is_left_out() -> None:
    for attributes in ("{", "[]", "{}", json.dumps({"url": 7}), "[" * 100_000):
        assert in_markdown(f"<p>x</p><div class=tweet data-attrs='{attributes}'></div>") == "x\n"


def test_characters_of_windows_1252_are_the_quotes_and_dashes_that_they_were() -> None:
    assert (
        in_markdown("<p>\x93Yes\x94 \x96 I&#146;m &#151; <b>here\x85</b></p>") == "“Yes” – I’m — **here…**\n"
    )


def test_invisible_characters_hide_no_markup() -> None:
    assert in_markdown("<p>&lt;\u200bb> &lt;&#x2060;b></p>") == "\\<b> \\<b>\n"


@pytest.mark.parametrize(
    "note",
    [
        '<ol><li id="n">A note. <a href="#m">↩</a></li></ol>',
        '<p><a id="n" href="#m">[1]</a> A note.</p>',
        '<div class="footnote"><a id="n" href="#m">1</a><div><p>A note.</p></div></div>',
        '<div><p>[<a name="n" href="https://old.example.org/post#m">1</a>] A note.</p></div>',
        '<ul><li><sup><a name="n" href="#m">1</a></sup> A note.</li></ul>',
    ],
)
def test_notes_of_plugins_and_programs_are_footnotes(note: str) -> None:
    html = f'<p>Words<sup>[<a href="#n" id="m">1</a>]</sup>.</p>{note}<p>More.</p>'

    assert in_markdown(html) == "Words[^1].\n\nMore.\n\n[^1]: A note.\n"


SOUND = (
    '<div class="kg-audio-card"><img src="held.png" class="kg-audio-thumbnail">'
    '<div class="kg-audio-player-container"><audio src="https://x.test/a.mp3"></audio>'
    '<div class="kg-audio-title">A talk</div><div class="kg-audio-player">0:00/44</div></div></div>'
)
FILM = (
    '<figure class="kg-video-card"><div><video src="https://x.test/v.mp4"></video>'
    '<div class="kg-video-overlay"><button>Play</button></div></div>'
    "<figcaption>A film</figcaption></figure>"
)
FILE = (
    '<div class="wp-block-file"><a href="https://x.test/a.pdf">A report</a>'
    '<a href="https://x.test/a.pdf" class="wp-block-file__button">Download</a></div>'
)
STATUS = (
    '<blockquote class="twitter-tweet"><p>Words</p>&mdash; A. Name <a href="https://x.test/1">May 1</a>'
    "</blockquote><script src='//x.test/widgets.js'></script>"
)
GALLERY = (
    '<ul class="blocks-gallery-grid"><li><figure><img src="held.png"><figcaption>One</figcaption>'
    '</figure></li><li><figure><img src="held.png" alt="Two"></figure></li></ul>'
)


@pytest.mark.parametrize(
    ("html", "written"),
    [
        (SOUND, "<https://x.test/a.mp3>\n\nA talk\n"),
        (FILM, "<https://x.test/v.mp4>\n\nA film\n"),
        (FILE, "[A report](https://x.test/a.pdf)\n"),
        (STATUS, "> Words\n>\n> — A. Name [May 1](https://x.test/1)\n"),
        (GALLERY, '![](images/a.png "One")\n\n![Two](images/a.png)\n'),
    ],
    ids=["sound", "film", "file", "status", "gallery"],
)
def test_cards_and_blocks_keep_what_readers_saw_of_them(html: str, written: str) -> None:
    assert in_markdown(html) == written


def test_what_the_old_system_filled_in_is_named() -> None:
    html = '<!-- wp:block {"ref":12} /--><!-- wp:spacer --><div></div><!-- /wp:spacer --><p>x</p>'
    poll = "<div class=poll-embed data-attrs='{\"id\":12}'></div>"

    assert converted(html + poll).lost == (
        "a block that WordPress filled in: block",
        "a widget of the old system: poll-embed",
    )


def test_a_text_that_is_too_long_for_an_issue_is_named() -> None:
    text = converted("<p>words</p>" * 90_000)

    assert text.markdown.count("words") == 90_000
    assert text.lost == ("no words, but a text of 629 kB is too long for an issue; divide it",)


def test_titles_are_plain_words() -> None:
    assert plain_words("Fish &amp; <em>chips</em>,\n 1 &lt; 2") == "Fish & chips, 1 < 2"


@pytest.mark.parametrize(
    "words",
    ["a * b", "5 < 6 <b>", "&amp; R&D", "[x](y) _z_", "C# and F#", "Number #", "Two ##", "{# c #}", "~~x~~"],
)
def test_a_title_and_a_headline_are_read_back_as_they_were(words: str) -> None:
    text = (
        f"---\ntitle: {plain(words)}\nsummary: s\n---\n## security\n\n{heading(3, plain(words))}\n\nWords.\n"
    )

    issue = read_issue(ISSUE_ID, "en", text.encode(), frozenset(), a_newsletter()).issue

    assert (issue.title, issue.commentaries[0].headline) == (words, words)
