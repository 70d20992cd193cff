"""The Jinja templates of pages, mails and reports: all values are escaped, and a missing value is an error.

A value is cleaned of control characters before it is escaped; the finished text is only checked. Jinja is
imported with the first template: most calls of some functions need none. Compiled templates are kept where
Python keeps the bytecode of this package, and read from there while their sources are the same.
"""

import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadsheet.characters import refuse_control, without_control

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_TEMPLATES = Path(__file__).with_name("templates")


@cache
def load() -> "Environment":
    """The environment of all templates. Endpoints that answer with pages load it while they start."""
    from jinja2 import (  # noqa: PLC0415  # see the table in ARCHITECTURE.md
        Environment,
        FileSystemBytecodeCache,
        FunctionLoader,
        StrictUndefined,
    )
    from jinja2.bccache import Bucket  # noqa: PLC0415  # as above

    options = sha256(Path(__file__).read_bytes()).hexdigest()  # the code of a template depends on those below

    class CompiledTemplates(FileSystemBytecodeCache):
        def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002  # Jinja's
            return f"{name}-{options[:12]}"

        def load_bytecode(self, bucket: Bucket) -> None:
            try:
                super().load_bytecode(bucket)
            except Exception:  # noqa: BLE001  # whatever is damaged is compiled again
                bucket.reset()

        def dump_bytecode(self, bucket: Bucket) -> None:
            if not sys.dont_write_bytecode:
                with suppress(OSError):  # a layer's files can't be written
                    super().dump_bytecode(bucket)

    return Environment(
        bytecode_cache=CompiledTemplates(str(Path(__file__).with_name("__pycache__"))),
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def compile_all() -> None:
    """Compile every template and keep the code: the layer is built so, for Lambda can't write to it."""
    for file in _TEMPLATES.iterdir():
        load().get_template(file.name)


def _source(name: str) -> tuple[str, str, None]:
    """A template's text, and the name of its file, without the folder of whoever compiled it."""
    return (_TEMPLATES / name).read_text(encoding="utf-8"), name, None


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
