"""Lines of a paragraph: paragraphs of their own, lines that stay lines, and lines that were only wrapped."""

import pytest

from broadsheet.content.markdown import parse
from broadsheet.rendering.html import to_html
from broadsheet.rendering.text import to_text

LONG = "This is one sentence of a paragraph that Word saves as one line, whatever its length. "
LONG += "The paragraph has number {}, and ends here."


def written(text: str) -> list[str]:
    """The paragraphs, a stroke where a line ends that is kept."""
    html = str(to_html(parse(text), prefix="p"))
    parts = html.replace("<br>\n", "|").replace("\n", " ").split("</p>")
    return [part.rpartition("<p>")[2].strip() for part in parts[:-1]]


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("\tOne ends.\n\tTwo ends.\n\tThree.", ["One ends.", "Two ends.", "Three."]),
        ("One ends.\n\tTwo ends.\n\tThree.", ["One ends.", "Two ends.", "Three."]),
        ("  One is\nwrapped.\n  Two is\nwrapped.", ["One is wrapped.", "Two is wrapped."]),
        ("\u2003One ends.\n\u2003“Two” ends!\n\u2003Three.", ["One ends.", "“Two” ends!", "Three."]),
        ("\tПершы.\n\tДругі скончыўся…\n\t— Трэці.", ["Першы.", "Другі скончыўся…", "— Трэці."]),
        ("\tOne *ends.*\n\t**Two** ends.[^1]\n\tThree.\n\n[^1]: A note.", None),
        ("> \tOne ends.\n> \tTwo ends.", ["One ends.", "Two ends."]),
        (f"{LONG.format(1)}\n{LONG.format(2)}\nThree.", [LONG.format(1), LONG.format(2), "Three."]),
    ],
)
def test_indented_or_long_lines_are_paragraphs(text: str, paragraphs: list[str] | None) -> None:
    made = written(text)
    assert made == paragraphs if paragraphs else len(made) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "Wrapped at some\nplace. It ends.\nAnd goes on.",
        "    Set in as a whole, and\n    wrapped. Here\n    it goes on. It ends\n    Here.",
        "Smith, J. (2015). A title of a book.\n    Publisher, Town.",
        "One sentence a line, as some authors write.\nAnother sentence, as long as it is.\nThe third.",
        "A line\n  goes on.\n  And on.",
        "  It is set in as a whole.\n  So is this sentence.",
        "THE SOFTWARE IS PROVIDED AS IS\nAND WITHOUT ANY WARRANTY\nOF ANY KIND",
        "Minsk\n— the capital of Belarus, and Vilnius\n— of Lithuania.",
        "It was built by a man whom nobody knew, then and now, in\n1986. Then",
        "The price of a thousand mails is a good deal lower there,\n0.10 USD, and grows by some 3 %.",
        "He said (see\na) nothing about it.",
    ],
)
def test_lines_that_were_only_wrapped_stay_one_paragraph(text: str) -> None:
    assert written(text) == [" ".join(text.split())]


@pytest.mark.parametrize(
    "text",
    [
        "- An item ends.\n  More of it.",
        "1. An item ends.\n   More of it.\n\n   A paragraph.\n   More of it.",
        "Words.[^1]\n\n[^1]: A note ends.\n    More of it.",
    ],
)
def test_an_indented_line_within_a_list_or_a_footnote_is_no_paragraph(text: str) -> None:
    assert "ends. More of it." in str(to_html(parse(text), prefix="p")).replace("\n", " ")


@pytest.mark.parametrize(
    "text",
    [
        "— Will there be a war?\n— No.\n— Why?",
        "He said:\n— No.",
        "a) one,\nb) two,\nc) three",
        "(1) one\n(2) two",
        "I. One\nII. Two",
        "1.1. One\n1.2. Two",
        "• one\n• two",
        "Term\n: Its meaning",
        "Anna: What is new?\nBob: Nothing.",
        "**Anna:** What is new?\n**Bob:** Nothing.",
        "Serves: 4\nTime: 20 minutes",
        "*) without tax\n†) with it",
        "Yours\nThe Ninth Bridge",
        "Ninth Bridge\n9 Riverside Street\n00-009 Exampleton",
        "Roses are red\nViolets are blue,\nSugar is sweet\nAnd so are you.",
        "Мой родны кут,\nЯк ты мне мілы!..\nЗабыць цябе\nНе маю сілы!",
    ],
)
def test_dialogues_labels_verses_and_addresses_keep_their_lines(text: str) -> None:
    (paragraph,) = written(text)
    plain = paragraph.replace("<strong>", "**").replace("</strong>", "**")
    assert plain.split("|") == text.split("\n")
    assert to_text(parse(text)).split("\n") == text.replace("**", "").split("\n")


def test_each_paragraph_has_its_own_line() -> None:
    assert [block.line for block in parse("\tOne ends.\n\tTwo ends.\n\tThree.")] == [1, 2, 3]


def test_an_emphasis_over_several_lines_is_not_torn() -> None:
    assert written("\tOne *ends.\n\tTwo* ends.\n\tThree.") == ["One <em>ends. Two</em> ends.", "Three."]


def test_a_break_that_is_there_is_not_doubled() -> None:
    assert written("Type: a number<br>\nDefault: 5") == ["Type: a number|Default: 5"]
