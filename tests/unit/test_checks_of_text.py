"""Words, letters, links and pictures of one file: each rule, and a close call that does not break it."""

import unicodedata

import pytest

from broadsheet.content.findings import Finding, UnpublishableError
from broadsheet.content.issue import Issue
from broadsheet.content.read import read_issue
from tests.builders import ISSUE_ID, a_newsletter, the_sample_desk, the_sample_newsletter

PICTURES = frozenset({"images/bridge.jpg", "images/мост.png", "images/a b.png", "images/Hall.PNG"})
DECOMPOSED = unicodedata.normalize("NFD", "images/йод.png")
ENGLISH = "The government has merged three committees into one and called it a reform of the state. "
RUSSIAN = "Правительство объединило три комитета в один и назвало это реформой, ещё один щедрый жест. "
BELARUSIAN = "Урад аб’яднаў тры дарадчыя камітэты ў адзін і назваў гэта рэформай, людзі засталіся тыя. "
UKRAINIAN = "Уряд об’єднав три комітети в один і назвав це реформою, її чекали від осені, є й інші. "
CHINESE = "政府将三个委员会合并为一个，并称之为国家改革。没有人相信它会带来任何改变，每个人都知道原因。"


def found(body: str, edition: str = "en", *, lenient: bool = False, title: str = "42") -> tuple[Finding, ...]:
    text = f"---\ntitle: {title}\nsummary: 42.\n---\n{body}\n"
    pictures = PICTURES | {DECOMPOSED}
    try:
        return read_issue(
            ISSUE_ID, edition, text.encode(), pictures, a_newsletter(), lenient=lenient
        ).warnings
    except UnpublishableError as error:
        return error.findings


def rules(body: str, edition: str = "en", *, lenient: bool = False) -> list[tuple[int, str, bool]]:
    return [(f.line, f.rule, f.is_error) for f in found(body, edition, lenient=lenient)]


def issue(body: str, *, lenient: bool = False) -> Issue:
    text = f"---\ntitle: 42\nsummary: 42.\n---\n{body}\n"
    pictures = PICTURES | {DECOMPOSED}
    return read_issue(ISSUE_ID, "en", text.encode(), pictures, a_newsletter(), lenient=lenient).issue


@pytest.mark.parametrize("lenient", [False, True])
def test_the_samples_break_no_rule(lenient: bool) -> None:  # noqa: FBT001  # a case's column
    newsletter = the_sample_newsletter()
    desk = the_sample_desk()
    for key, content in desk.items():
        if key.endswith(".md"):
            _, issue_id, name = key.split("/")
            beside = {k.split("/", 2)[2] for k in desk if k.startswith(f"issues/{issue_id}/images/")}
            reading = read_issue(
                issue_id, name.removesuffix(".md"), content, frozenset(beside), newsletter, lenient=lenient
            )
            assert reading.warnings == (), key


@pytest.mark.parametrize(
    ("words", "mark"),
    [
        ("The sum is TK.", "TK"),
        ("TODO: ask them.", "TODO"),
        ("Minister XXX said.", "XXX"),
        ("Lorem ipsum dolor.", None),
        ("It costs ???", "???"),
        ("It costs [TBD].", "TBD"),
        ("What?!", None),
        ("Really??", None),
        ("Todo el mundo, XXXI, TKACH.", None),
        ("`TODO`", None),
    ],
)
def test_a_placeholder_that_was_left_in_a_text_is_a_finding(words: str, mark: str | None) -> None:
    expected = "Lorem ipsum" if words.startswith("Lorem") else mark
    assert [(f.line, f.rule, f.values["mark"]) for f in found(f"\n{words}")] == (
        [(6, "mark-left", expected)] if expected else []
    )


def test_placeholders_are_found_in_titles_and_headlines_too() -> None:
    assert [(f.line, f.rule) for f in found("## security\n\n### TK\n\nText.", title="TODO")] == [
        (2, "mark-left"),
        (7, "mark-left"),
    ]


@pytest.mark.parametrize("code", ["{{< youtube x >}}", "{% include x %}", "{{ page.title }}", "{{% x %}}"])
def test_codes_of_other_programs_stay_text_and_are_reported(code: str) -> None:
    assert rules(code) == [(5, "shortcode", False)]
    assert issue(code).intro[0].plain() == code
    assert rules("A set {1, 2} and 5 % {off}") == []


@pytest.mark.parametrize(
    "twice",
    [
        "Привет".encode().decode("cp1251"),
        "Прывітанне, Мінск".encode().decode("cp1251", "replace").replace("\ufffd", "ў"),
        "It’s".encode().decode("cp1252"),
        "“Yes".encode().decode("cp1251"),
        "Минск".encode().decode("latin-1").replace("\x9c", "\u0153").replace("\x98", "\u02dc"),
    ],
)
def test_letters_that_were_converted_twice(twice: str) -> None:
    assert (5, "text-double-encoded", False) in rules(f"{twice} and more.")


@pytest.mark.parametrize("words", ["Рёв и Сёння, РС, СССР", "Ñandú, Ðuro, Ôta", "Р. С. Т. «Ы»"])
def test_odd_letters_in_place_are_no_mistake(words: str) -> None:
    assert "text-double-encoded" not in {rule for _, rule, _ in rules(words)}


@pytest.mark.parametrize(
    ("text", "edition", "rule"),
    [
        (RUSSIAN, "be", "language-russian"),
        (BELARUSIAN, "ru", "language-belarusian"),
        (UKRAINIAN, "be", "language-ukrainian"),
        (UKRAINIAN, "ru", "language-ukrainian"),
        (ENGLISH, "be", "script-latin"),
        (RUSSIAN, "en", "script-cyrillic"),
        (CHINESE * 3, "en", "script-cjk"),
        (CHINESE * 3, "ru", "script-cjk"),
    ],
)
def test_a_text_in_the_slot_of_another_language(text: str, edition: str, rule: str) -> None:
    assert rules(text * 4, edition) == [(1, rule, True)]
    assert rules(text * 4, edition, lenient=True) == [(1, rule, False)]
    assert {is_error for _, name, is_error in rules(text, edition) if name == rule} <= {False}


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        (ENGLISH, "en"),
        (RUSSIAN, "ru"),
        (BELARUSIAN, "be"),
        (f"{BELARUSIAN * 4} «{RUSSIAN}»", "be"),
        (f"{RUSSIAN * 4} «{BELARUSIAN}»", "ru"),
        (f"{RUSSIAN * 2} (Wi-Fi, BBC, https://example.org/a/very/long/address)", "ru"),
        ("42 % — 7", "be"),
        ("Да.", "be"),
        ("```\n" + ENGLISH * 9 + "\n```\n\nСловы.", "be"),
    ],
)
def test_a_text_in_its_own_slot_whatever_it_quotes(text: str, edition: str) -> None:
    assert rules(text, edition) == []


def test_a_few_words_of_the_slot_s_language_do_not_hide_a_text_in_another() -> None:
    assert rules(ENGLISH * 12 + RUSSIAN * 3, "ru") == [(1, "script-latin", True)]


def test_one_commentary_in_another_language_is_a_warning_at_its_line() -> None:
    body = f"## security\n\n### Першы\n\n{BELARUSIAN * 12}\n\n### Другі\n\n{RUSSIAN * 3}"
    assert rules(body, "be") == [(11, "language-russian", False)]


@pytest.mark.parametrize(
    ("word", "mended"),
    [
        ("пpивет", "привет"),
        ("Miнск", "Мінск"),
        ("Мiнск", "Мінск"),
        ("Минcк", "Минск"),
        ("«Минскa»", "Минска"),
        ("Тhe", "The"),
        ("SMSка", None),
        ("IT-компания", None),
        ("Wi-Fi", None),
        ("https://example.org/пpивет", None),
    ],
)
def test_letters_that_only_look_right(word: str, mended: str | None) -> None:
    assert [
        (f.line, f.values["mended"]) for f in found(f"\n{word} ў", "be") if f.rule == "mixed-letters"
    ] == ([(6, mended)] if mended else [])


def test_a_lone_latin_letter_between_belarusian_words() -> None:
    assert [f.values for f in found("горад i Вёска", "be")] == [{"word": "i", "mended": "і"}]
    assert found("вітамін C і пункт a)", "be") == ()


@pytest.mark.parametrize(
    ("url", "rule", "is_error"),
    [
        ("https://example.org/a?b=c#d", None, False),
        ("https://пример.рф/путь", None, False),
        ("https://example.org:8080/", None, False),
        ("mailto:desk@example.org?subject=x", None, False),
        ("../2016-11-28/index.html", None, False),
        ("#part", None, False),
        ("//example.org/x", "link-malformed", True),
        (r"\\x.example\a", "link-malformed", True),
        (r"\\\\x.example\a", "link-malformed", True),
        ("http//x.example", "link-malformed", True),
        ("https//x.example/a", "link-malformed", True),
        ("http://example.org/", "link-not-https", False),
        ("javascript:alert(1)", "link-scheme", True),
        ("JaVaScRiPt:alert(1)", "link-scheme", True),
        ("&#106;avascript:alert(1)", "link-scheme", True),
        ("java&Tab;script:alert(1)", "link-scheme", True),
        ("data:text/html,x", "link-scheme", True),
        ("file:///etc/passwd", "link-scheme", True),
        ("ftp://example.org/", "link-scheme", True),
        ("tel:+375", "link-scheme", True),
        ("https:/example.org", "link-malformed", True),
        ("https://", "link-malformed", True),
        ("https://example.org:99999/", "link-malformed", True),
        ("https://xn--a.example/", "link-malformed", True),
        ("https://example.org/a#b#c|d", None, False),
        ("https://exa_mple org", "link-not-read", False),
        ("<https://exa mple.org/>", "link-malformed", True),
        ("http://[::1", "link-malformed", True),
        ("//[", "link-malformed", True),
        ("mailto:desk", "link-malformed", True),
        ("www.example.org/a", "link-no-scheme", True),
        ("", "link-empty", True),
    ],
)
def test_the_target_of_a_link(url: str, rule: str | None, is_error: bool) -> None:  # noqa: FBT001  # a case's column
    assert rules(f"\n[some words]({url})") == ([(6, rule, is_error)] if rule else [])


@pytest.mark.parametrize(
    ("html", "rule", "is_error"),
    [
        ('Some <a href="javascript:alert(1)">words</a>.', "link-scheme", True),
        ("Some <a HREF=java&#115;cript:x>words</a>.", "link-scheme", True),
        ('<p><a href="data:text/html,x">words</a></p>', "link-scheme", True),
        ('Some <a href="http://x.example/p">words</a>.', "link-not-https", False),
        ('Some <a href="//x.example/p">words</a>.', "link-malformed", True),
        ('Some <a href="https://x.example/p">words</a>.', None, False),
        ('Some <a name="x">words</a>.', None, False),
        ("`<a href=javascript:x>`", None, False),
    ],
)
def test_the_target_of_a_link_in_html(html: str, rule: str | None, is_error: bool) -> None:  # noqa: FBT001  # a case's column
    assert rules(f"\n{html}") == ([(6, rule, is_error)] if rule else [])


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("[r](https://exa mple.org/)", "link-not-read"),
        ("- [r_s_t](/a_b c_d)", "link-not-read"),
        ("Text[^zz].", "footnote-missing"),
        ("`[r](https://exa mple.org/)` and `[^zz]`", None),
        (r"A \[r](https://exa mple.org/) and \[^zz]", None),
        ("[see](above it) and [x] (y)", None),
    ],
)
def test_what_could_not_be_read_and_stands_there_as_typed(words: str, rule: str | None) -> None:
    assert rules(f"\n{words}") == ([(6, rule, False)] if rule else [])


def test_in_an_import_a_dead_link_becomes_its_text() -> None:
    assert rules("[some *words*](javascript:x)", lenient=True) == [(5, "link-scheme", False)]
    (block,) = issue("[some *words*](javascript:x)", lenient=True).intro
    assert ([node.kind for node in block.walk()], block.plain()) == (["paragraph", "text"], "some words")


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("here", "link-words"),
        ("Click here!", "link-words"),
        ("здесь", "link-words"),
        ("Читать далее…", "link-words"),
        ("тут", "link-words"),
        ("Чытаць далей »", "link-words"),
        ("here is the law", None),
        ("", "link-empty"),
        ("![A bridge](images/bridge.jpg)", None),
    ],
)
def test_what_the_words_of_a_link_say(words: str, rule: str | None) -> None:
    assert [name for _, name, _ in rules(f"Text: [{words}](https://example.org/)")] == (
        [rule] if rule else []
    )


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("images/bridge.jpg", "images/bridge.jpg"),
        ("./images/bridge.jpg", "images/bridge.jpg"),
        ("images/%D0%BC%D0%BE%D1%81%D1%82.png", "images/мост.png"),
        ("images/мост.png", "images/мост.png"),
        ("images/a%20b.png", "images/a b.png"),
        ("<images/a b.png>", "images/a b.png"),
        ("images/йод.png", DECOMPOSED),
        ("images/%D0%B8%CC%86%D0%BE%D0%B4.png", DECOMPOSED),
    ],
)
def test_a_picture_is_found_however_its_name_was_written(written: str, path: str) -> None:
    assert rules(f"![A view]({written})") == []
    assert issue(f"![A view]({written})").pictures() == (path,)


@pytest.mark.parametrize(
    ("source", "rule", "nearest"),
    [
        ("images/nothing.png", "picture-missing", None),
        ("images/Bridge.jpg", "picture-near", "images/bridge.jpg"),
        ("images/hall.png", "picture-near", "images/Hall.PNG"),
        ("images/brigde.jpg", "picture-near", "images/bridge.jpg"),
        ("bridge.jpg", "picture-near", "images/bridge.jpg"),
        ("/images/bridge.jpg", "picture-near", "images/bridge.jpg"),
        ("nothing.jpg", "picture-elsewhere", None),
        ("https://example.org/bridge.jpg", "picture-elsewhere", None),
        ("//example.org/bridge.jpg", "picture-elsewhere", None),
        ("data:image/png;base64,AA", "picture-elsewhere", None),
        ("images/plan.svg", "picture-svg", None),
        ("images/plan.gif", "picture-ending", None),
    ],
)
def test_a_picture_that_is_not_there(source: str, rule: str, nearest: str | None) -> None:
    (finding,) = found(f"\nHere: ![A view]({source}) it is.")
    assert (finding.line, finding.rule, finding.is_error) == (6, rule, True)
    assert finding.values.get("nearest") == nearest


def test_in_an_import_a_picture_that_is_not_there_becomes_its_words() -> None:
    body = (
        "![A view](https://example.org/a.png)\n\n![](images/no.png)\n\n"
        "## security\n\n### H\n\n![Two](images/two.png)\n\nText.\n"
    )
    read = issue(body, lenient=True)
    assert read.pictures() == ()
    assert [[node.kind for node in block.walk()] for block in read.intro] == [
        ["paragraph", "link", "text"],
        ["paragraph", "text"],
    ]
    assert [block.plain() for block in read.intro] == ["A view", "no"]
    assert read.commentaries[0].picture is None
    assert {is_error for _, _, is_error in rules(body, lenient=True)} == {False}


def test_in_an_import_capital_letters_of_a_name_may_differ() -> None:
    assert issue("![A view](images/BRIDGE.jpg)", lenient=True).pictures() == ("images/bridge.jpg",)


@pytest.mark.parametrize(
    ("alt", "rule"),
    [
        ("", "alt-missing"),
        ("bridge.jpg", "alt-is-name"),
        ("Bridge", "alt-is-name"),
        ("images/bridge.jpg", "alt-is-name"),
        ("A bridge", None),
    ],
)
def test_words_for_those_who_can_not_see_a_picture(alt: str, rule: str | None) -> None:
    assert rules(f"![{alt}](images/bridge.jpg)") == ([(5, rule, False)] if rule else [])
