"""The Jinja templates of pages, mails and reports: all values are escaped, and a missing value is an error.

A value is cleaned of control characters before it is escaped; the finished text is only checked. Jinja is
imported with the first template: most calls of some functions need none.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from broadsheet.characters import refuse_control, without_control

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@cache
def load() -> "Environment":
    """The environment of all templates. Endpoints that answer with pages load it while they start."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # see the table in ARCHITECTURE.md

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
    """The value without control characters, if it is a plain string: our HTML (`Markup`) is already clean."""
    return without_control(value) if type(value) is str else value


@cache
def _template(name: str) -> "Template":
    return load().get_template(name)


def fill(template: str, **values: Any) -> str:  # noqa: ANN401  # templates take anything
    """The template with its values.

    Raises:
        ControlCharacterError: the HTML of a value holds a control character.
    """
    return refuse_control(_template(template).render(values))


def fill_around(mark: str, template: str, **values: Any) -> str:  # noqa: ANN401  # templates take anything
    """The template with its values, and with `mark` in place of `leave`, to be replaced later.

    If the mark is a control character, no other value can hold it.

    Raises:
        ControlCharacterError: the HTML of a value holds a control character.
    """
    from markupsafe import Markup  # noqa: PLC0415  # comes with Jinja

    text = _template(template).render(values | {"leave": Markup(mark)})  # noqa: S704  # no author's text
    refuse_control(text.replace(mark, ""))
    return text
