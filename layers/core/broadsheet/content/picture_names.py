"""How the site names an editor's picture: small Latin letters, and what it was made of."""

import re
import unicodedata
from pathlib import PurePosixPath

_ROMAN = str.maketrans(
    dict(zip("абвгґдезійклмнопрстуўфыэ", "abvggdezijklmnoprstuufye", strict=True))
    | {"ё": "io", "є": "ie", "ж": "zh", "и": "i", "ї": "i", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh"}
    | {"щ": "shch", "ю": "iu", "я": "ia", "ь": "", "ъ": "", "’": "", "'": ""}
)
_LONGEST_NAME = 40
_DIGITS = 10  # of the original's SHA-256, in hex, that name its files


def named_by(digest: str) -> str:
    """The part of a name that identifies the content, by an original's SHA-256 in hex."""
    return f"-{digest[:_DIGITS]}-"


def safe_name(source: str) -> str:
    """The file's name in small Latin letters, digits and hyphens; "picture" where nothing is left of it."""
    lower = unicodedata.normalize("NFC", PurePosixPath(source).stem).lower()
    latin = unicodedata.normalize("NFKD", lower.translate(_ROMAN)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", latin)[:_LONGEST_NAME].strip("-") or "picture"
