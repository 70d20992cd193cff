"""Substitution in inline templates: `{{name}}` and nothing else.

Values go in as they are: SES escapes no HTML, and a value is not read for variables again.

Source: botocore's model, Template.TemplateContent ("only simple substitutions"); SES Developer Guide, "Using
templates to send personalized email"; the text of a failure is that of the guide's Rendering Failure record.
"""

import re
from typing import Any

VARIABLE = re.compile(r"\{\{(?P<inside>.*?)\}\}", re.DOTALL)
# Handlebars reads more than a variable here: `{{{name}}`, `{{name}}}`, a backslash before `{{name}}`.
UNCLEAR = re.compile(r"[\\{]\{\{|\{\{[^{}]*\}\}\}")
NAME = re.compile(r"\A\s*(?P<name>[A-Za-z_][A-Za-z0-9_-]*)\s*\Z")


class RenderingError(Exception):
    """The template can't be filled in. The message was accepted, and there will be no mail."""


def render(template: str, values: dict[str, Any]) -> str:
    """The template with its variables filled in.

    Raises:
        RenderingError: a variable has no value, or the template wants more than a plain variable.
    """
    if unclear := UNCLEAR.search(template):
        raise RenderingError(f"Parse error at {unclear.start()}: a brace or backslash touches a variable.")
    return VARIABLE.sub(lambda match: _value(match["inside"], values), template)


def _value(inside: str, values: dict[str, Any]) -> str:
    name = NAME.match(inside)
    if not name:
        raise RenderingError("Inline templates take simple substitutions only.")
    value = values.get(name["name"])
    if value is None:
        raise RenderingError(f"Attribute '{name['name']}' is not present in the rendering data.")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
