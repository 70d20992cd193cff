"""Substitution in inline templates: `{{name}}` and nothing else.

Values are inserted unchanged: SES escapes no HTML and does not substitute variables in a value.

Source: botocore's model, Template.TemplateContent ("only simple substitutions"); SES Developer Guide, "Using
templates to send personalized email"; the error texts are those of the guide's Rendering Failure record.
"""

import re
from typing import Any

VARIABLE = re.compile(r"\{\{(?P<inside>.*?)\}\}", re.DOTALL)
# Handlebars reads more than a variable here: `{{{name}}`, `{{name}}}`, a backslash before `{{name}}`.
AMBIGUOUS = re.compile(r"[\\{]\{\{|\{\{[^{}]*\}\}\}")
NAME = re.compile(r"\A\s*(?P<name>[A-Za-z_][A-Za-z0-9_-]*)\s*\Z")


class RenderingError(Exception):
    """The template can't be rendered. SES has accepted the message and sends no mail."""


def render(template: str, values: dict[str, Any]) -> str:
    """The template with its variables replaced by their values.

    Raises:
        RenderingError: a variable has no value, or the template has more than plain variables.
    """
    if ambiguous := AMBIGUOUS.search(template):
        raise RenderingError(f"Parse error at {ambiguous.start()}: a brace or backslash touches a variable.")
    return VARIABLE.sub(lambda match: _value(match["inside"], values), template)


def _value(inside: str, values: dict[str, Any]) -> str:
    name = NAME.match(inside)
    if not name:
        raise RenderingError("Inline templates take simple substitutions only.")
    value = values.get(name["name"])
    if value is None:
        raise RenderingError(f"Attribute '{name['name']}' is not present in the rendering data.")
    return str(value).lower() if isinstance(value, bool) else str(value)
