"""What the template tells a function: names of its resources, and the few numbers that can be set.

Shape: environment variables `BROADSHEET_*`; a test holds that template and code name the same ones.
"""

import os
import sys
from pathlib import Path

from broadsheet.newsletter import Newsletter, read_newsletter


class MissingSettingError(KeyError):
    """The template does not give this function a variable that its use case needs."""


def setting(name: str) -> str:
    """The variable `BROADSHEET_<name>`; there are no defaults, a wrong template must fail at the start."""
    try:
        return os.environ[f"BROADSHEET_{name}"]
    except KeyError as error:
        raise MissingSettingError(f"BROADSHEET_{name} is not set") from error


def newsletter() -> Newsletter:
    """The newsletter of this deployment, at the origin that the template gives.

    `newsletter.toml` is a layer of its own and stands at the layers' root (`/opt` in Lambda); elsewhere it
    is found on the import path: a checkout's root, or where a local engine unpacks layers.
    """
    places = (Path(folder) / "newsletter.toml" for folder in ("/opt", *sys.path))
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise MissingSettingError("newsletter.toml is in no layer")
    return read_newsletter(file.read_text(encoding="utf-8")).at(setting("ORIGIN"))
