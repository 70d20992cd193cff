"""Markdown of static sites, with their codes, becomes the Markdown of the desk, and passes its check."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.content.read import read_issue
from conversion.folder_markdown import html_of_folder_text, markdown_of_folder_text
from conversion.html_to_markdown import ConvertedText
from tests.builders import a_newsletter
from tests.effort import EXAMPLES


def converted(text: str, heading: int = 4, *, is_html: bool = False) -> ConvertedText:
    """The text; a picture is there if its address says `held`."""
    return markdown_of_folder_text(
        text, lambda address: "images/a.png" if "held" in address else None, heading, is_html=is_html
    )


def test_quotes_and_dashes_are_those_that_readers_saw() -> None:
    text = 'It\'s "new" --- `a--b` -- \\-- ...\n'
    html, _ = html_of_folder_text(text, is_html=False, is_typographic=True)
    assert html == "<p>It’s “new” — <code>a--b</code> – -- …</p>\n"
    assert html_of_folder_text(text, is_html=False)[0].startswith("<p>It's")


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("# One\n\nWords.\n\n### Two\n", "#### One\n\nWords.\n\n###### Two\n"),
        ("One\n===\n\nTwo\n---\n", "#### One\n\n##### Two\n"),
        ("## One {#part .big}\n", "#### One\n"),
        ("Words\n{: .note}\n\nmore *words*{: .x}\n", "Words\n\nmore *words*\n"),
        ("* TOC\n{:toc}\n\nWords.\n", "Words.\n"),
        ("[TOC]\n\nWords.<!--more-->\n", "Words.\n"),
        ("Words.\n\n<!-- more -->\n\nMore.\n", "Words.\n\nMore.\n"),
        ("3. three\n4. four\n", "3. three\n4. four\n"),
        ("- [ ] open\n- [x] done\n", "- ☐ open\n- ☑ done\n"),
        ("```python\n# no heading {% x %}\n```\n", "```text\n# no heading {% x %}\n```\n"),
        ("A `{{< x >}}` code.\n", "A `{{< x >}}` code.\n"),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}\n", "```\nputs 1\n```\n"),
        ('{{< highlight go "linenos=1" >}}\nx := 1\n{{< /highlight >}}\n', "```\nx := 1\n```\n"),
        ("{% raw %}Words.{% endraw %}\n", "Words.\n"),
        ("`{% raw %}{{ x }}{% endraw %}`\n", "`{{ x }}`\n"),
        (
            "{% highlight liquid %}\n{% raw %}\n{{ x }}\n{% endraw %}\n{% endhighlight %}\n",
            "```\n{{ x }}\n```\n",
        ),
        ('![A bridge](held.png "By A.")\n', '![A bridge](images/a.png "By A.")\n'),
        (
            '{{< figure src="held.png" alt="A bridge" caption="By A." >}}\n',
            '![A bridge](images/a.png "By A.")\n',
        ),
        (
            '{% include fig.html src="held.png" alt="A bridge" caption="By **[A.](/a/) and <b>B.</b>**" %}\n',
            '![A bridge](images/a.png "By A. and B.")\n',
        ),
        ("{% img left /held.png 300 200 %}\n", "![left](images/a.png)\n"),
        (
            "![[held.png]]\n\n[[A page|its words]] and [[another]]\n",
            "![](images/a.png)\n\nits words and another\n",
        ),
        ('<div class="x" markdown="1">\n**Bold** words\n</div>\nMore.\n', "**Bold** words\n\nMore.\n"),
        (
            '!!! note "Mind"\n    One line.\n\n    Another.\n\nMore.\n',
            "> <b>Mind</b>\n>\n> One line.\n>\n> Another.\n\nMore.\n",
        ),
        ("::: warning\nWords.\n:::\n", "Words.\n"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |\n", "| a | b |\n| --- | ---: |\n| 1 | 2 |\n"),
        ("Term\n: Meaning\n", "<b>Term</b>\n\nMeaning\n"),
        ("Words[^a] on.\n\n[^a]: A *note*.\n", "Words[^1] on.\n\n[^1]: A *note*.\n"),
        ("[words](/2016/12/a-bridge/)\n", "[words](/2016/12/a-bridge/)\n"),
    ],
)
def test_what_other_programs_write_is_written_as_on_the_desk(text: str, markdown: str) -> None:
    assert converted(text) == ConvertedText(markdown, converted(text).pictures, ())


@pytest.mark.parametrize(
    ("text", "markdown", "lost"),
    [
        (
            "A\n\n{{< youtube abc-1 >}}\n\nB",
            "A\n\n<https://www.youtube.com/watch?v=abc-1>\n\nB\n",
            "what {{youtube}} showed; a link leads there: https://www.youtube.com/watch?v=abc-1",
        ),
        (
            'A\n\n{% include youtube.html id="abc" %}',
            "A\n\n<https://www.youtube.com/watch?v=abc>\n",
            "",
        ),
        (
            'A {{< tweet user="x" id="12" >}}',
            "A\n\n<https://twitter.com/i/status/12>\n",
            "",
        ),
        ("A {% include sign-up.html %} B", "A  B\n", "a code of the old site: {% include sign-up.html %}"),
        ("A {{ page.author }} B", "A  B\n", "a code of the old site: {{ page.author }}"),
        (
            "{{% notice tip %}}\nWords.\n{{% /notice %}}",
            "Words.\n",
            "a code of the old site: {{% notice tip %}}",
        ),
        (
            "A\n{% if x %}secret {% if y %}z{% endif %} `secret`{% endif %}\nB",
            "A\n\nB\n",
            "words that a condition may have hidden: {% if x %}secret",
        ),
        ("*[HTML]: a language\n\nHTML.", "HTML.\n", "an abbreviation: *[HTML]: a language"),
        ("A %%secret words%% B", "A  B\n", "a hidden note: %%secret words%%"),
        ("[words](javascript:x)", "words\n", "a link to javascript:x"),
    ],
)
def test_what_has_no_place_on_the_desk_is_named(text: str, markdown: str, lost: str) -> None:
    found = converted(text)
    assert " ".join(found.markdown.split()) == " ".join(markdown.split())
    assert any(each.startswith(lost) for each in found.lost), found.lost


def test_a_picture_that_is_not_there_leaves_its_words_and_is_named() -> None:
    found = converted("![A bridge](missing.png)\n")
    assert found == ConvertedText("A bridge\n", ("missing.png",), ())


def test_html_with_codes_is_read_too() -> None:
    found = converted("<p>A</p>\n    <p>{% include x.html %}B</p>", is_html=True)
    assert found == ConvertedText("A\n\nB\n", (), ("a code of the old site: {% include x.html %}",))


SIGNS = st.sampled_from(
    [
        *(
            "# One\n",
            "## Two\n\n",
            "Words ",
            "\n\n",
            "\n",
            "- item\n",
            "    ",
            "> ",
            "1. ",
            "```\n",
            "`",
            "*",
            "**",
        ),
        *(
            "{% if x %}",
            "{% endif %}",
            "{% raw %}",
            '{{< figure src="held.png" >}}',
            "{{< note >}}",
            "{{",
            "}}",
        ),
        *(
            "[a](held.md)",
            "![b](held.png)",
            '![c](missing.png "T")',
            "[^1]",
            "[^1]: Note\n",
            "{: .x}",
            "{#id}",
        ),
        *(
            "<div>",
            "</div>",
            "<!--",
            "-->",
            "| a | b |\n|---|---|\n",
            "%%x y z%%",
            "[[w]]",
        ),
        *(
            "*[A]: b\n",
            "!!! note\n    x\n",
            ":::\n",
            "~~",
            "__",
            "\\",
            "&amp;",
            "|",
            "TK",
            "ў",
        ),
    ]
)


@settings(max_examples=EXAMPLES)
@given(st.lists(SIGNS, max_size=25).map("".join))
def test_any_text_is_converted_and_passes_the_check(text: str) -> None:
    found = converted(text)
    body = f"## Security\n\n### A headline\n\nFirst words.\n\n{found.markdown}"
    head = "---\ntitle: A\nsummary: B\n---\n"
    read_issue("2016-12-05", "en", (head + body).encode(), frozenset({"images/a.png"}), a_newsletter())
