"""The settings that the template gives a function: names of resources, and a few numbers.

Shape: environment variables `BROADSHEET_*`; a test compares those of the template and of the code.
"""

import os
import sys
from pathlib import Path

from broadsheet.newsletter import Newsletter
from broadsheet.newsletter_reader import read_checked_newsletter


class MissingSettingError(KeyError):
    """The template does not set a variable that this function needs."""


def setting(name: str) -> str:
    """The variable `BROADSHEET_<name>`. Without defaults: a wrong template must fail at the start."""
    try:
        return os.environ[f"BROADSHEET_{name}"]
    except KeyError as error:
        raise MissingSettingError(f"BROADSHEET_{name} is not set") from error


def newsletter() -> Newsletter:
    """The newsletter of this deployment, at the origin that the template gives."""
    return read_checked_newsletter(newsletter_file()).at(setting("ORIGIN"))


def newsletter_file() -> bytes:
    """The `newsletter.toml` of this deployment.

    It is a layer of its own and lies in the layers' root (`/opt` in Lambda); elsewhere it is found on the
    import path: a checkout's root, or the folder in which a local engine unpacks layers.
    """
    paths = (Path(folder) / "newsletter.toml" for folder in ("/opt", *sys.path))
    file = next((path for path in paths if path.is_file()), None)
    if file is None:
        raise MissingSettingError("newsletter.toml is in no layer")
    return file.read_bytes()
