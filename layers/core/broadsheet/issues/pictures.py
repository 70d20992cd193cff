"""Pictures on the site: named by issue and content, so that they never change under their name."""

import hashlib
import struct
from pathlib import PurePosixPath

from broadsheet.site.pages import Shown

_PNG = b"\x89PNG\r\n\x1a\n"


def shown_picture(issue_id: str, source: str, content: bytes) -> Shown:
    """Where the site holds a picture, and how large it is where that is easily told (PNG)."""
    name = PurePosixPath(source)
    digest = hashlib.sha256(content).hexdigest()[:10]
    path = f"media/{issue_id}/{name.stem}-{digest}{name.suffix.lower()}"
    width, height = struct.unpack_from(">II", content, 16) if content.startswith(_PNG) else (0, 0)
    return Shown(path, width, height)
