"""Text of ours as SES template text: SES puts in each reader's link, and interprets nothing of an author's.

Shape: `{{unsubscribe_url}}` is each reader's own; `{{brace}}`, `{{open}}`, `{{close}}` and `{{backslash}}`
stand for characters of the text. Each run of braces and backslashes that holds two opening braces, or that
touches a reader's link, is written as variables: `{{name}}}` does not parse in Handlebars, and a backslash
before `{{name}}` shows the name instead of the value.
Source: SES Developer Guide, "Using templates to send personalized email": Handlebars. Handlebars 4.7,
src/handlebars.l: CLOSE_UNESCAPED comes before CLOSE, `emu` reads escaped mustaches.
"""

import re

from broadsheet.characters import refuse_control, without_control

VALUES = {"brace": "{{", "open": "{", "close": "}", "backslash": "\\"}
LINK = "{{unsubscribe_url}}"
LINK_MARK = "\0"  # stands for the link until the text is finished; no cleaned text holds it
_VARIABLES = {"{{": "{{brace}}", "{": "{{open}}", "}": "{{close}}", "\\": "{{backslash}}", LINK_MARK: LINK}
_VARIABLE = re.compile(r"\{\{(?P<name>unsubscribe_url|brace|open|close|backslash)\}\}")
_RUN = re.compile(r"[\\{}\0]+")
_SIGN = re.compile(r"\{\{|[\\{}\0]")
_UNSAFE = re.compile(r"\{\{|[\\{]\0|\0\}")  # of text whose variables have been replaced by a mark


class UnsafeTemplateError(ValueError):
    """Template text that would have SES interpret more than our variables. Nothing was sent or kept."""


def template_text(text: str) -> str:
    """Finished text as template text; the reader's link comes where `LINK_MARK` stands.

    Raises:
        ControlCharacterError: the text was not cleaned; removing a character now could join two braces.
    """
    refuse_control(text.replace(LINK_MARK, ""))
    return _RUN.sub(lambda run: _as_variables(run[0]), text)


def checked_template(text: str) -> str:
    """The template text as it is.

    Raises:
        UnsafeTemplateError: SES would interpret more than our variables, or could not read it at all.
        ControlCharacterError: it holds a control character.
    """
    if _UNSAFE.search(_VARIABLE.sub(LINK_MARK, refuse_control(text))):
        raise UnsafeTemplateError("template text holds instructions that are not ours")
    return text


def rewritten(stored: str) -> str:
    """Template text as this release writes it; what it wrote itself stays the same.

    Earlier releases wrote `{{brace}}` alone, whatever stood around it, and let an author's `{`, U+0081, `{`
    through as an instruction: that becomes text again.
    """
    values = {**VALUES, "unsubscribe_url": LINK_MARK}
    return template_text(_VARIABLE.sub(lambda found: values[found["name"]], without_control(stored)))


def filled(text: str, unsubscribe_url: str) -> str:
    """The template text as one reader gets it: SES's part of the work."""
    values = {**VALUES, "unsubscribe_url": unsubscribe_url}
    return _VARIABLE.sub(lambda found: values[found["name"]], text)


def _as_variables(run: str) -> str:
    """The run with each of its characters as a variable, where SES would read more than text into it."""
    if "{{" not in run and LINK_MARK not in run:
        return run
    return _SIGN.sub(lambda sign: _VARIABLES[sign[0]], run)
