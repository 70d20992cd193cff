"""The templates of pages, mails and reports: Jinja, everything escaped, a missing value is an error."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("broadsheet.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


def fill(template: str, **values: Any) -> str:  # noqa: ANN401  # templates take anything
    """The template with its values filled in."""
    return _template(template).render(values)
