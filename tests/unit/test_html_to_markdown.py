"""HTML of old systems becomes the Markdown of the desk, and is read back as the same words."""

from conversion.html_to_markdown import ConvertedText, markdown_of, plain_words


def in_markdown(html: str) -> str:
    return converted(html).markdown


def converted(html: str) -> ConvertedText:
    return markdown_of(html, lambda address: "images/a.png" if "held" in address else None)


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


def test_an_unsafe_link_is_named_and_its_words_stay() -> None:
    text = converted('<p>See <a href="javascript:x()">this page</a>.</p>')

    assert text == ConvertedText("See this page.\n", (), ("a link to javascript:x()",))


def test_titles_are_plain_words() -> None:
    assert plain_words("Fish &amp; <em>chips</em>,\n 1 &lt; 2") == "Fish & chips, 1 < 2"
