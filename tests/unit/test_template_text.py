"""Template text of SES: what an author wrote arrives as written, and nothing of it is interpreted."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.characters import ControlCharacterError
from broadsheet.mailings.template_text import (
    LINK_MARK,
    VALUES,
    UnsafeTemplateError,
    checked_template,
    filled,
    rewritten,
    template_text,
)
from local.ses.templates import RenderingError, render
from tests.builders import a_body

LEAVE = "https://news.example.org/api/unsubscribe?t=1"
TEXTS = st.text(st.sampled_from("{}\\ab \n#/&!^=\u00ad" + LINK_MARK), max_size=30)
HANDLEBARS_READS_MORE = re.compile(r"[{\\]\{\{|\}\}\}")  # `{{{x}}`, `\{{x}}`, `{{x}}}`


@given(TEXTS)
def test_whatever_is_written_arrives_as_written_with_the_link_in_its_place(text: str) -> None:
    template = template_text(text)
    assert render(template, {**VALUES, "unsubscribe_url": LEAVE}) == text.replace(LINK_MARK, LEAVE)
    assert filled(template, LEAVE) == text.replace(LINK_MARK, LEAVE)


@given(TEXTS)
def test_no_brace_or_backslash_of_a_text_touches_a_variable(text: str) -> None:
    template = template_text(text)
    for variable in re.finditer(r"\{\{\w+\}\}", template):
        around = template[max(0, variable.start() - 1) : variable.end() + 1]
        assert not HANDLEBARS_READS_MORE.search(around)
    assert checked_template(template) == template


@given(TEXTS)
def test_what_this_release_wrote_is_written_the_same_again(text: str) -> None:
    assert rewritten(template_text(text)) == template_text(text)


@pytest.mark.parametrize(
    ("stored", "arrives"),
    [
        ("{{brace}}name}} and {{unsubscribe_url}}", "{{name}} and " + LEAVE),
        ("{{brace}}}", "{{}"),  # SES could not have read it
        ("\\{{brace}}x}}", "\\{{x}}"),
        ("a title with {{#each list}}", "a title with {{#each list}}"),  # let through with U+0081 in between
        ("{\u0081{x}}", "{{x}}"),
    ],
)
def test_a_body_of_an_earlier_release_is_read_as_what_its_author_wrote(stored: str, arrives: str) -> None:
    assert render(rewritten(stored), {**VALUES, "unsubscribe_url": LEAVE}) == arrives


def test_text_that_was_not_cleaned_is_refused_before_it_is_a_template() -> None:
    with pytest.raises(ControlCharacterError, match=r"U\+0081"):
        template_text("{\u0081{x}}")


@pytest.mark.parametrize(
    "part",
    ["{{name}}", "{{{brace}}", "{{brace}}}", "\\{{brace}}", "{{#each a}}", "{{ brace }}", "{{>a}}", "{{"],
)
@pytest.mark.parametrize("where", ["subject", "html", "text"])
def test_a_body_with_any_other_instruction_can_not_be_made(where: str, part: str) -> None:
    with pytest.raises(UnsafeTemplateError):
        a_body(**{where: f"A {part} b"})


def test_a_body_with_a_control_character_can_not_be_made() -> None:
    with pytest.raises(ControlCharacterError):
        a_body(subject="{\u0081{x}}")


@pytest.mark.parametrize("template", ["{{brace}}}", "{{{brace}}", "\\{{brace}}", "{{a}}{{b}}}"])
def test_the_ses_emulator_renders_nothing_that_handlebars_reads_otherwise(template: str) -> None:
    with pytest.raises(RenderingError):
        render(template, {"brace": "{{", "a": "", "b": ""})
