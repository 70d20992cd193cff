"""The writer of HTML attributes refuses what must never pass."""

import pytest

from broadsheet.characters import ControlCharacterError
from broadsheet.rendering.attributes import UnsafeAttributeError, attributes


@pytest.mark.parametrize(
    "target",
    ["javascript:x", " JaVaScript:x", "java\tscript:x", "\u2003javascript:x", "\u200bvbscript:x", "data:,x"],
)
@pytest.mark.parametrize("name", ["href", "src", "srcset"])
def test_a_link_of_another_scheme_is_refused_whoever_writes_it(name: str, target: str) -> None:
    with pytest.raises(UnsafeAttributeError):
        attributes(**{name: target})


@pytest.mark.parametrize("name", ["onclick", "style", "srcdoc", "formaction", "href onclick", ""])
def test_a_name_that_is_not_ours_to_write_is_refused(name: str) -> None:
    with pytest.raises(UnsafeAttributeError):
        attributes(**{name: "x"})


def test_a_control_character_is_refused() -> None:
    with pytest.raises(ControlCharacterError, match=r"U\+0081"):
        attributes(title="{\u0081{")


def test_values_are_escaped_and_empty_ones_left_out_but_for_a_picture_s_words() -> None:
    assert attributes(href='/a?b=1&c="', title="", alt="", start=0, class_="back", aria_label="<") == (
        ' href="/a?b=1&amp;c=&quot;" alt="" start="0" class="back" aria-label="&lt;"'
    )


def test_a_picture_is_no_mail_address() -> None:
    with pytest.raises(UnsafeAttributeError):
        attributes(src="mailto:a@b.example")
    assert attributes(href="mailto:a@b.example") == ' href="mailto:a@b.example"'
