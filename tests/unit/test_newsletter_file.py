"""Mistakes in `newsletter.toml`: all at once, each with its line, in the words of findings."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broadsheet.colours import LIGHT, contrast, least_contrast, readable_on_light, rgb
from broadsheet.content.checks.newsletter_findings import checked_newsletter
from broadsheet.content.findings import Finding
from broadsheet.language import languages_with_words, locale_table
from broadsheet.newsletter_file import MOST_BYTES, NewsletterFileError, read_newsletter
from tests.builders import NEWSLETTER_TOML, ROOT

STYLE = ROOT / "layers/core/broadsheet/site/style.css"


def findings(text: str | bytes) -> list[Finding]:
    """What is found in a file, in the order of its lines."""
    return list(checked_newsletter(text if isinstance(text, bytes) else text.encode())[1])


def found(text: str | bytes) -> list[tuple[str, str]]:
    """The rule of each finding, and the line that it names, as it is written."""
    lines = (text if isinstance(text, str) else text.decode(errors="replace")).split("\n")
    return [(finding.rule, lines[finding.line - 1]) for finding in findings(text)]


def changed(old: str, new: str) -> str:
    assert old in NEWSLETTER_TOML
    return NEWSLETTER_TOML.replace(old, new, 1)


def added(lines: str) -> str:
    return f"{lines}\n{NEWSLETTER_TOML}"


def below(lines: str) -> str:
    return f"{NEWSLETTER_TOML}\n{lines}\n"


VALUES = [
    ('cadence = "week"', 'cadence = "day"', "newsletter-not-one-of"),
    ('tone = "red"', 'tone = "blue"', "newsletter-not-one-of"),
    ('"Europe/Vilnius"', '"Europe/Nowhere"', "newsletter-time-zone"),
    ('"Europe/Vilnius"', '"../etc"', "newsletter-time-zone"),
    ('"Europe/Vilnius"', '"Europe"', "newsletter-time-zone"),
    ('"https://news.example.org"', '"news.example.org"', "newsletter-origin"),
    ('"https://news.example.org"', '"javascript:x"', "newsletter-origin"),
    ('"https://news.example.org"', '"https://"', "newsletter-origin"),
    ('"https://news.example.org"', '"https://[::1"', "newsletter-origin"),
    ('"https://news.example.org"', '"https://a.example:port"', "newsletter-origin"),
    ('"https://news.example.org"', '"https://me:secret@a.example"', "newsletter-origin"),
    ('"https://news.example.org"', '"https://a.example/?q=1"', "newsletter-origin"),
    ('"https://news.example.org"', '"https://весткі.example"', "newsletter-origin"),
    ('"https://news.example.org"', '"ftp://a.example"', "newsletter-origin"),
    ('"https://news.example.org"', '"http://news.example.org"', "newsletter-origin-http"),
    ('"https://news.example.org"', '"http://127.0.0.1.example.org"', "newsletter-origin-http"),
    ('sender = "letter@news.example.org"', 'sender = "letter"', "newsletter-address"),
    ('sender = "letter@news.example.org"', 'sender = "The Bridge <a@b.example>"', "newsletter-address"),
    ('sender = "letter@news.example.org"', 'sender = "a@b.example, c@d.example"', "newsletter-address"),
    ('sender = "letter@news.example.org"', 'sender = "ліст@news.example.org"', "newsletter-address"),
    ('reply_to = "editors@news.example.org"', 'reply_to = "a@localhost"', "newsletter-address"),
    ('["desk@news.example.org"]', '["desk@news.example.org", "Ana"]', "newsletter-address"),
    ('["desk@news.example.org"]', '["a@b.example", "a@b.example"]', "newsletter-twice"),
    ("#1f4e5f", "#ffff00", "newsletter-colour-pale"),
    ("#1f4e5f", "#777777", "newsletter-colour-pale"),
    ("#1f4e5f", "#fff", "newsletter-colour-pale"),
    ("#1f4e5f", "rebeccapurple", "newsletter-colour"),
    ("#1f4e5f", "#12345", "newsletter-colour"),
    ("#1f4e5f", "#000;}body{display:none", "newsletter-colour"),
    ('language = "be"', 'language = "fr"', "newsletter-language"),
    ('language = "be"', 'language = "../be"', "newsletter-language"),
    ('id = "be-ru"', 'id = "BE/RU"', "newsletter-id"),
    ('id = "be-ru"', f'id = "{"b" * 17}"', "newsletter-id"),
    ('id = "be-ru"', 'id = "en"', "newsletter-twice"),
    ('id = "belarus-west"', 'id = "../../index"', "newsletter-id"),
    ('id = "belarus-west"', 'id = "security"', "newsletter-twice"),
    ('en = "Belarus-West relations"', 'en = "security issues"', "newsletter-twice"),
    ('ru = "Ситуация ухудшилась"', 'ru = "Ситуация не изменилась"', "newsletter-twice"),
    ('editions = ["be", "ru"]', 'editions = ["be", "fr"]', "newsletter-edition-unknown"),
    ('editions = ["be", "ru"]', 'editions = ["be", "be"]', "newsletter-twice"),
    ('editions = ["be", "ru"]', "editions = []", "newsletter-empty"),
    ('label = "BE/RU"', 'label = " "', "newsletter-empty"),
    ('label = "BE/RU"', 'label = "EN"', "newsletter-twice"),
    ('name = "The Ninth Bridge"', 'name = ""', "newsletter-empty"),
    ('name = "The Ninth Bridge"', "name = 7", "newsletter-kind"),
    ('name = "The Ninth Bridge"', "name = 2016-12-05", "newsletter-kind"),
    ('name = "The Ninth Bridge"', 'name = ["a"]', "newsletter-kind"),
    ('["desk@news.example.org"]', '"desk@news.example.org"', "newsletter-kind"),
    ('["desk@news.example.org"]', "[7]", "newsletter-kind"),
    ('editions = ["be", "ru"]', 'editions = "be"', "newsletter-kind"),
    ('sign_up = "Адзін', 'signup = "Адзін', "newsletter-key-misspelt"),
    ('label = "BE/RU"', 'label = "BE/RU"\ncolour = "red"', "newsletter-key-unknown"),
    ('be = "Адносіны', 'pl = "Адносіны', "newsletter-key-unknown"),
]  # fmt: skip
ADDED = [
    ('subtitle = "x"', "newsletter-key-unknown"),
    ('postaladdress = "x"', "newsletter-key-misspelt"),
    ('editors_language = "fr"', "newsletter-language"),
    ("editors_language = 1", "newsletter-kind"),
    ('mail_within_days = "35"', "newsletter-kind"),
    ("mail_within_days = true", "newsletter-kind"),
    ("mail_within_days = -1", "newsletter-number"),
    ("mail_within_days = 36501", "newsletter-number"),
    (f"mail_within_days = 0x{'f' * 9_000}", "newsletter-number"),
    (f"editors_language = [0x{'f' * 9_000}]", "newsletter-kind"),
]
BELOW = [
    ('[[shared_exits]]\nshare = 2\nnetwork = "203.0.113.7/24"', "newsletter-network"),
    ('[[shared_exits]]\nshare = 2\nnetwork = "a VPN"', "newsletter-network"),
    ('[[shared_exits]]\nnetwork = "203.0.113.0/24"\nshare = 0', "newsletter-number"),
    ('[[shared_exits]]\nnetwork = "203.0.113.0/24"\nshare = true', "newsletter-kind"),
    ('[[shared_exits]]\nnetwork = "203.0.113.0/24"\nshare = "many"', "newsletter-kind"),
]
NO_TOML = [  # with the rule, and the line that is to be looked at
    ("name = “The Bridge”", "quotes", 1),
    ("name = «Мост»\n", "quotes", 1),
    ('name = "The Bridge”\n', "quotes", 1),
    ("editors = [\n  'a@b.example',\n  “c@d.example”]\n", "quotes", 3),
    ('editors = ["a@b.example”]\n', "quotes", 1),
    ('name = "The Bridge\ncadence = "week"\n', "open", 1),
    ('name = "The “Ninth” Bridge\n', "open", 1),
    ("name = 'The Bridge\nother = 1\n", "open", 1),
    ('name = "The Bridge', "open", 1),
    ('about = """\nOne.\n"""\nname = "The Bridge', "open", 4),
    ('about = "One.\nTwo."\n', "open", 1),
    ('a = "b"\nabout = """\nWords.\n\nMore words.\n', "open", 2),
    ("about = '''\nWords.\r\n\nIt's.\n", "open", 1),
    ('name = "a"\nabout = """\nOne.\n[editions.be]\nabout = """\nTwo."""\n', "open", 2),
    ('name = "a"\nabout = """\nOne.\nsign_up = """Two."""\n', "open", 2),
    ('about = """\nOne.\n"""Two.\n', "after", 3),
    ('name = "The "Ninth" Bridge"\n', "after", 1),
    ("name = 'It's ours'\n", "after", 1),
    ('name = "The Bridge",\n', "after", 1),
    ("mail_within_days = 35 days\n", "after", 1),
    ("name = \n", "value", 1),
    ("name = The Bridge\n", "value", 1),
    ("accent = #1f4e5f\n", "value", 1),
    ("editors = ['a@b.example', c@d.example]\n", "value", 1),
    ('\nname: "The Bridge"\n', "line", 2),
    ('postal address = "The Bridge"\n', "line", 1),
    ('назва = "Мост"\n', "line", 1),
    ("- name\n", "line", 1),
    ("name", "line", 1),
    ('editors = [\n  "a@b.example" # Ana\n  "c@d.example",\n]\n', "list", 2),
    ("editors = ['a@b.example' 'c@d.example']\n", "list", 1),
    ("editors = [\n'a@b.example'\n\n", "list", 2),
    ("editors = ['a@b.example'\nname = 'b'\n", "list", 1),
    ("editors = [\n'a@b.example',\n\nname = 'b'\n", "list", 2),
    ("editors = [\n'a@b.example',\n\n[editions.en]\n", "list", 2),
    ("editors = [\n'a@b.example'\n\n[[topics]]\n", "list", 2),
    ("a = { b = 1 c = 2 }\n", "list", 1),
    ("[editions.en\nlanguage = 'en'\n", "heading", 1),
    ("[[topics]\nid = 'a'\n", "heading", 1),
    ("[editions en]\n", "heading", 1),
    ('name = "C:\\Users"\n', "backslash", 1),
    ('name = "50 \\% more"\n', "backslash", 1),
    ('name = "a\x01b"\n', "sign", 1),
    ("# a\x01b\n", "sign", 1),
    ("[a]\n[a]\n", "twice", 2),
]


@pytest.mark.parametrize(("old", "new", "rule"), VALUES)
def test_a_wrong_value_is_found_on_the_line_of_its_key(old: str, new: str, rule: str) -> None:
    written = new.rpartition("\n")[2]
    assert any(each == rule and written in line for each, line in found(changed(old, new)))


@pytest.mark.parametrize(("line", "rule"), ADDED)
def test_a_wrong_key_at_the_top_is_found_on_its_line(line: str, rule: str) -> None:
    assert found(added(line)) == [(rule, line)]


@pytest.mark.parametrize(("lines", "rule"), BELOW)
def test_a_wrong_network_is_found_on_its_line(lines: str, rule: str) -> None:
    assert found(below(lines)) == [(rule, lines.rpartition("\n")[2])]


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        ('"Ana"', "newsletter-address"),
        ('"desk@news.example.org"', "newsletter-twice"),
        ("7", "newsletter-kind"),
        ('" "', "newsletter-empty"),
    ],
)
def test_a_wrong_item_of_a_list_is_found_on_its_own_line(item: str, rule: str) -> None:
    editors = f'[\n  "desk@news.example.org", # the desk\n  "b@news.example.org",\n  {item},\n]'
    assert found(changed('["desk@news.example.org"]', editors)) == [(rule, f"  {item},")]


def test_an_unknown_edition_of_an_audience_is_found_on_its_own_line() -> None:
    text = changed('editions = ["be", "ru"]', 'editions = [\n  "be",\n  "fr"\n]')
    assert found(text) == [("newsletter-edition-unknown", '  "fr"')]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ('cadence = "week"', ""),
        ('accent = "#1f4e5f"', ""),
        ('sign_up = "Адзін ліст на тыдзень."', "[editions.be]"),
        ('label = "BE/RU"', "[[audiences]]"),
        ('editions = ["en"]', "[[audiences]]"),
        ('ru = "Вопросы безопасности"', "[[topics]]"),
        ('tone = "green"', "[[trends]]"),
    ],
)
def test_a_missing_key_is_found_on_the_line_of_its_heading(line: str, heading: str) -> None:
    assert found(changed(f"{line}\n", "")) == [("newsletter-key-missing", heading)]


def test_a_file_without_an_edition_is_refused() -> None:
    alone = NEWSLETTER_TOML.split("[editions.en]", maxsplit=1)[0]
    for text in (alone, f'editions = "en"\n{alone}', f"{alone}\n[editions]\n"):
        assert [rule for rule, _ in found(text)] == ["newsletter-no-editions"]


@pytest.mark.parametrize("edition", ["api", "assets", "media", "drafts", "sitemaps", "id", "tone"])
def test_no_edition_takes_the_place_of_something_else_on_the_site(edition: str) -> None:
    heading = f"[editions.{edition}]"
    assert ("newsletter-id-reserved", heading) in found(changed("[editions.ru]", heading))


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost", "https://news.example.org/"])
def test_an_origin_without_https_is_taken_on_this_machine_only(origin: str) -> None:
    assert read_newsletter(changed("https://news.example.org", origin)).origin == origin.rstrip("/")


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ('name = "a"\nname = "b"\n', "newsletter-toml-twice", 2),
        ('[editions.en]\nlanguage = "en"\n[editions.en]\n', "newsletter-toml-twice", 3),
        (f"a = {'9' * 9_000}\n", "newsletter-toml", 1),
        ("a = " + "[" * 20_000 + "\n", "newsletter-toml", 1),
        *[(f'cadence = "week"\n{text}', f"newsletter-toml-{rule}", line + 1) for text, rule, line in NO_TOML],
        (f"x = 1\n{'a.' * 30_000}a = 1\n", "newsletter-toml", 2),
        (b"name = 'a'\ncadence = '\xcd\xe5'\n", "newsletter-encoding", 2),
        ("name = 'a'\n".encode("utf-16"), "newsletter-encoding", 1),
        (b"#" * (MOST_BYTES + 1), "newsletter-too-large", 1),
    ],
)  # fmt: skip
def test_a_file_that_is_no_toml_is_refused_with_the_line(text: str | bytes, rule: str, line: int) -> None:
    (finding,) = findings(text)
    assert (finding.rule, finding.line, finding.is_error) == (rule, line, True)


def test_a_byte_order_mark_is_ignored() -> None:
    assert read_newsletter(NEWSLETTER_TOML.encode("utf-8-sig")) == read_newsletter(NEWSLETTER_TOML)


def test_all_mistakes_are_found_at_once() -> None:
    text = changed('"week"', '"day"').replace('"Europe/Vilnius"', '"Nowhere"').replace("#1f4e5f", "#ff0")
    text = text.replace('"letter@news.example.org"', '"letter"').replace(
        'editions = ["en"]', 'editions = ["de"]'
    )
    text = text.replace('sign_up = "One letter a week."', 'sign_up = ""\nabout = "[Us](<javascript:x>)"')
    assert [rule for rule, _ in found(f'{text}\nsubtitle = "x"\n')] == [
        *("newsletter-not-one-of", "newsletter-time-zone", "newsletter-address", "newsletter-colour-pale"),
        *("newsletter-empty", "link-scheme", "newsletter-edition-unknown", "newsletter-key-unknown"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", languages_with_words())
def test_every_mistake_has_sentences_with_all_their_values_in_each_language(language: str) -> None:
    texts = [changed(old, new) for old, new, _ in VALUES] + [added(line) for line, _ in ADDED]
    texts += [text for text, _, _ in NO_TOML]
    texts += [below(lines) for lines, _ in BELOW] + [
        f"a = {'9' * 9_000}",
        "a = 1\na = 2",
        changed("[editions.ru]", "[editions.api]"),
    ]
    every = [finding for text in texts for finding in findings(text)]
    every += [*findings(""), *findings(b"\xff"), *findings(b" " * (MOST_BYTES + 1))]
    rules = {rule for rule in locale_table("en", "findings") if rule.startswith("newsletter-")}
    assert {finding.rule for finding in every} == rules - {"newsletter-differs"}
    for finding in every:
        shown = finding.text(language)
        assert all((shown.what, shown.why, shown.mend))
        assert set(re.findall(r"\{(\w+)\}", str(locale_table(language, "findings")[finding.rule]))) <= set(
            finding.values
        )


def test_the_colours_of_pages_are_those_of_the_style_sheet() -> None:
    css = STYLE.read_text(encoding="utf-8").partition("@media")[0]
    assert {name: re.search(rf"{name}: (#\w+);", css)[1] for name in LIGHT} == LIGHT  # type: ignore[index]  # found, or the test fails


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_the_colour_that_is_proposed_in_place_of_a_pale_one_is_taken(colour: str) -> None:
    better = readable_on_light(colour)
    assert least_contrast(better) >= 4.5
    assert min(contrast(rgb(better), rgb(light)) for light in ("#ffffff", *LIGHT.values())) >= 4.5
    assert read_newsletter(changed("#1f4e5f", better)).accent == better


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_file_makes_reading_fail_in_any_other_way(content: bytes) -> None:
    with pytest.raises(NewsletterFileError) as refused:
        read_newsletter(content)
    assert all(1 <= mistake.line <= content.count(b"\n") + 1 for mistake in refused.value.mistakes)


@given(st.data())
def test_no_value_makes_reading_fail_in_any_other_way(data: st.DataObject) -> None:
    lines = NEWSLETTER_TOML.split("\n")
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines) if "=" in line]))
    value = data.draw(
        st.sampled_from(["", "7", "true", "[]", "{}", "[[]]", "{a = 1}", "1.5", "07:32:00", "''", "nan"])
    )
    lines[number] = f"{lines[number].partition('=')[0]}= {value}"
    assume(lines[number] != "editors = []")  # a newsletter without editors
    with pytest.raises(NewsletterFileError) as refused:
        read_newsletter("\n".join(lines))
    assert number + 1 in {mistake.line for mistake in refused.value.mistakes}


def test_the_sample_has_no_mistake() -> None:
    sample = Path(ROOT / "newsletter.toml").read_bytes()
    assert checked_newsletter(sample)[1] == ()
    assert tomllib.loads(sample.decode())["name"] == "The Ninth Bridge"
