"""The templates of pages, mails and reports: Jinja, everything escaped, a missing value is an error.

A text is cleaned of control characters where it enters a template, before it is escaped; the finished text
is only looked at.
"""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from broadsheet.characters import refuse_control, without_control


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("broadsheet.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _cleaned(value: Any) -> Any:  # noqa: ANN401  # templates show anything
    """A text without control characters; HTML is written clean by its own writer, and stays as it is."""
    return without_control(value) if type(value) is str else value


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


def fill(template: str, **values: Any) -> str:  # noqa: ANN401  # templates take anything
    """The template with its values filled in.

    Raises:
        ControlCharacterError: HTML that a value brought along holds a control character.
    """
    return refuse_control(_template(template).render(values))


def fill_around(mark: str, template: str, **values: Any) -> str:  # noqa: ANN401  # templates take anything
    """The template with its values, and with `mark` where it says `leave`: a place to be filled later.

    No other value can hold the mark if it is a control character.

    Raises:
        ControlCharacterError: HTML that a value brought along holds a control character.
    """
    text = _template(template).render(values | {"leave": Markup(mark)})  # noqa: S704  # no author's text
    refuse_control(text.replace(mark, ""))
    return text
