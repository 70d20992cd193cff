"""The mapping file: written with what an export has, corrected by a person, its mistakes told all at once."""

import re
from collections import Counter

import pytest

from broadsheet.newsletter import Newsletter
from conversion.facts import Found
from conversion.mapping import Mapping, MappingError, read_mapping
from conversion.mapping_file import new_mapping, with_new_names
from tests.builders import a_newsletter

NEWSLETTER = a_newsletter()


def found(**counts: dict[str, int]) -> Found:
    usual = {
        "languages": {"en": 7, "be-tarask": 2},
        "categories": {"SECURITY ISSUES": 5, "Uncategorized": 2, 'A "b". C = d #e': 1},
        "tags": {"бяспека": 3},
        "authors": {"A. Author": 9},
    }
    return Found(**{name: Counter(each) for name, each in (usual | counts).items()})


def written(newsletter: Newsletter = NEWSLETTER, **counts: dict[str, int]) -> str:
    return new_mapping(found(**counts), newsletter)


def mistakes(text: str, newsletter: Newsletter = NEWSLETTER) -> list[str]:
    with pytest.raises(MappingError) as raised:
        read_mapping(text, newsletter, "m.toml")
    return str(raised.value).splitlines()


def test_the_first_file_has_every_name_and_decides_what_is_obvious() -> None:
    assert read_mapping(written(), NEWSLETTER, "m.toml") == Mapping(
        "week",
        "article",
        {"en": "en", "be-tarask": "be"},
        {"SECURITY ISSUES": "security", "Uncategorized": "", 'A "b". C = d #e': ""},
        {"бяспека": ""},
        {"A. Author": ""},
    )


def test_no_author_is_confirmed_by_the_command() -> None:
    assert '"A. Author" = "" # 9 posts' in written()


def test_a_newsletter_without_weeks_or_topics_has_an_issue_for_each_post() -> None:
    for newsletter in (a_newsletter(cadence="free"), a_newsletter(topics=())):
        assert 'issues = "post"' in written(newsletter)


def test_what_the_export_does_not_say_about_members_waits_for_a_person() -> None:
    unsure = found()
    unsure.confirm["A plug-in"] = "keeps its rules elsewhere"
    text = new_mapping(unsure, NEWSLETTER)
    assert '"A plug-in" = "" # keeps its rules elsewhere' in text
    [mistake] = mistakes(text)
    assert '"A plug-in" is not confirmed. Posts that were for members would be converted' in mistake
    assert mistakes(text.replace('"A plug-in" = ""', '"A plug-in" = "no"')) == [mistake]
    assert read_mapping(text.replace('"A plug-in" = ""', '"A plug-in" = "yes"'), NEWSLETTER, "m").confirmed
    assert with_new_names(written(), unsure, NEWSLETTER).endswith(
        '"A plug-in" = "" # keeps its rules elsewhere\n'
    )
    assert "[confirm]" not in written()


def test_an_unknown_language_is_that_of_the_only_edition() -> None:
    one = a_newsletter(editions={"en": NEWSLETTER.editions["en"]})
    assert read_mapping(written(one, languages={"unknown": 3}), one, "m").languages == {"unknown": "en"}
    assert '"unknown"' in mistakes(written(languages={"unknown": 3}))[0]


def test_new_names_are_added_and_nothing_that_a_person_wrote_is_touched() -> None:
    text = (
        written()
        .replace('Uncategorized = ""', 'Uncategorized =   "leave out"   # ask Jane')
        .replace("\n", "\r\n")
    )
    assert with_new_names(text, found(), NEWSLETTER) == text
    more = found(categories={"New": 3, "Uncategorized": 9}, tags={"new tag": 1})
    added = with_new_names(text, more, NEWSLETTER)
    assert [line for line in text.split("\r\n") if line not in added.split("\r\n")] == []
    mapping = read_mapping(added, NEWSLETTER, "m.toml")
    assert (mapping.categories["Uncategorized"], mapping.categories["New"], mapping.tags["new tag"]) == (
        *("leave out", "", ""),
    )
    assert with_new_names(added, more, NEWSLETTER) == added


def test_a_table_that_was_deleted_comes_back() -> None:
    without = written().partition("[authors]")[0]
    assert '"A. Author" = ""' in with_new_names(without, found(), NEWSLETTER)


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    text = (
        written(languages={"de": 1})
        .replace('issues = "week"', 'isues = "week"')
        .replace('Uncategorized = ""', 'Uncategorized = "secruity"')
        .replace('"A. Author" = ""', '"A. Author" = 1')
        .replace('"article"\n\n', '"nothing"\n\n')
    )
    told = mistakes(text)
    lines = text.splitlines()
    where = {each: int(re.match(r"m\.toml:(\d+): error: ", each)[1]) for each in told}  # type: ignore[index]
    expected = {
        'isues = "week"': 'Did you mean "issues"?',
        'without_topic = "nothing"': '"without_topic" can\'t be "nothing"',
        'de = ""': 'not decided which edition this is: "de"',
        'Uncategorized = "secruity"': 'Did you mean "security"?',
        '"A. Author" = 1': "no text in quotation marks",
    }
    for line, words in expected.items():
        assert [
            each for each in told if words in each and lines[where[each] - 1].partition(" #")[0] == line
        ], told
    assert len(told) == len(expected) + 1  # and `issues` is missing


def test_a_topic_may_be_written_by_its_name_in_any_edition() -> None:
    text = written().replace('Uncategorized = ""', 'Uncategorized = "Пытанні бяспекі"')
    assert read_mapping(text, NEWSLETTER, "m.toml").categories["Uncategorized"] == "security"


def test_what_is_not_toml_is_told_with_its_line() -> None:
    (told,) = mistakes('issues = "week\nwithout_topic = "article"\n')
    assert told.startswith("m.toml:1: error: ")


def test_weeks_need_topics() -> None:
    assert "has no topics" in mistakes(written(), a_newsletter(topics=()))[0]


def test_a_tag_of_a_few_posts_of_a_huge_site_is_not_listed() -> None:
    text = written(tags={f"tag {number}": number for number in range(1, 300)})
    assert '"tag 299"' in text
    assert '"tag 1"' not in text
