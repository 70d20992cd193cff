"""Escapes text for SES's templates: SES inserts each reader's link, and interprets nothing of an author's.

Shape: `{{unsubscribe_url}}` is replaced by each reader's link; `{{brace}}`, `{{open}}`, `{{close}}` and
`{{backslash}}` stand for characters of the text. A run of braces and backslashes is written as variables if
it contains two opening braces or touches a reader's link: `{{name}}}` does not parse in Handlebars, and a
backslash before `{{name}}` shows the name instead of the value.
Source: SES Developer Guide, "Using templates to send personalized email": Handlebars. Handlebars 4.7,
src/handlebars.l: CLOSE_UNESCAPED comes before CLOSE, `emu` reads escaped mustaches.
"""

import re

from broadsheet.characters import refuse_control, without_control

VALUES = {"brace": "{{", "open": "{", "close": "}", "backslash": "\\"}
LINK = "{{unsubscribe_url}}"
LINK_MARK = "\0"  # stands for the link in finished text; cleaned text does not contain it
_VARIABLES = {"{{": "{{brace}}", "{": "{{open}}", "}": "{{close}}", "\\": "{{backslash}}", LINK_MARK: LINK}
_VARIABLE = re.compile(r"\{\{(?P<name>unsubscribe_url|brace|open|close|backslash)\}\}")
_RUN = re.compile(r"[\\{}\0]+")
_SIGN = re.compile(r"\{\{|[\\{}\0]")
_UNSAFE = re.compile(r"\{\{|[\\{]\0|\0\}")  # in text whose variables were replaced by the mark


class UnsafeTemplateError(ValueError):
    """SES would interpret more of the template text than our variables. Nothing was sent or stored."""


def template_text(text: str) -> str:
    """Finished text as template text; `LINK_MARK` becomes the reader's link.

    Raises:
        ControlCharacterError: the text was not cleaned; removing a character now could join two braces.
    """
    refuse_control(text.replace(LINK_MARK, ""))
    return _RUN.sub(lambda run: _as_variables(run[0]), text)


def checked_template(text: str) -> str:
    """The template text, unchanged.

    Raises:
        UnsafeTemplateError: SES would interpret more than our variables, or could not read it at all.
        ControlCharacterError: it holds a control character.
    """
    if _UNSAFE.search(_VARIABLE.sub(LINK_MARK, refuse_control(text))):
        raise UnsafeTemplateError("template text holds instructions that are not ours")
    return text


def rewritten(stored: str) -> str:
    """Stored template text as this release writes it; text of this release stays the same.

    Earlier releases wrote `{{brace}}` whatever was around it, and an author's `{`, U+0081, `{` became an
    instruction: here it becomes text again.
    """
    values = {**VALUES, "unsubscribe_url": LINK_MARK}
    return template_text(_VARIABLE.sub(lambda found: values[found["name"]], without_control(stored)))


def filled(text: str, unsubscribe_url: str) -> str:
    """The template text as one reader gets it; does what SES does."""
    values = {**VALUES, "unsubscribe_url": unsubscribe_url}
    return _VARIABLE.sub(lambda found: values[found["name"]], text)


def _as_variables(run: str) -> str:
    """The run, with each character as a variable if SES would interpret it."""
    if "{{" not in run and LINK_MARK not in run:
        return run
    return _SIGN.sub(lambda sign: _VARIABLES[sign[0]], run)
