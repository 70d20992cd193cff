"""Pictures on the site: named by issue and content, so that they never change under their name."""

import hashlib
import struct
from pathlib import PurePosixPath

from broadsheet.site.pages import Shown

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE_END = 24


def shown_picture(issue_id: str, source: str, content: bytes) -> Shown:
    """Where the site holds a picture, and how large it is where that is easily told (PNG)."""
    name = PurePosixPath(source)
    digest = hashlib.sha256(content).hexdigest()[:10]
    path = f"media/{issue_id}/{name.stem}-{digest}{name.suffix.lower()}"
    is_png = content.startswith(_PNG) and len(content) >= _PNG_SIZE_END
    width, height = struct.unpack_from(">II", content, 16) if is_png else (0, 0)
    return Shown(path, width, height)
