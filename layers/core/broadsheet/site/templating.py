"""The templates of pages and mails: Jinja, everything escaped, a missing value is an error."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from broadsheet.newsletter import Newsletter


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


def fill(template: str, **values: Any) -> str:  # noqa: ANN401  # templates take anything
    """The template with its values filled in."""
    return _environment().get_template(template).render(**values)


@dataclass(frozen=True)
class Style:
    """The style sheet: named by its content, so that it never changes under its name."""

    name: str
    content: str


def style(newsletter: Newsletter) -> Style:
    """The style sheet in the newsletter's accent colour."""
    content = f":root {{ --accent: {newsletter.accent}; }}\n" + _sheet()
    return Style(f"style-{hashlib.sha256(content.encode()).hexdigest()[:10]}.css", content)


@cache
def _sheet() -> str:
    return files("broadsheet.site").joinpath("style.css").read_text(encoding="utf-8")
