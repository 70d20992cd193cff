"""The file from which the CDN's key-value store imports redirects.

Shape: JSON, `{"data": [{"key": old address, "value": new address}, …]}`, the old ones in their normalised
form; an object `redirects/<digest>` of a bucket.
Source: CloudFront Developer Guide, "File format for key-value pairs".
"""

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path

import click

from infrastructure.redirects import read_redirects

MOST_IMPORT_BYTES = 5_000_000  # Source: as above, and "Quotas on key value stores"
PARAMETER = "RedirectsSource"


class TooManyRedirectsError(click.ClickException):
    """The redirects do not fit into the CDN's store. Nothing was changed."""

    exit_code = 2


def import_file(redirects: Mapping[str, str]) -> bytes:
    """The content of the file; of the same redirects always the same.

    Raises:
        TooManyRedirectsError: it would be larger than the CDN imports.
    """
    content = _written(redirects)
    if len(content) > MOST_IMPORT_BYTES:
        numbered = {old: new for old, new in redirects.items() if "?" in old}
        raise TooManyRedirectsError(
            f"redirects.toml has {len(redirects):,} addresses. They take {len(content):,} bytes in the CDN's"
            f" store, which holds {MOST_IMPORT_BYTES:,}. Delete those that nobody follows any more."
            f" {len(numbered):,} like /?p=12 take {len(_written(numbered)):,} bytes and are seldom linked."
        )
    return content


def redirects_to_import(file: Path, editions: Collection[str]) -> bytes:
    """The content for a `redirects.toml`; empty without such a file, or if it has no redirects.

    Raises:
        RedirectsFileError, TooManyRedirectsError: it can't be used.
    """
    redirects = read_redirects(file, editions) if os.path.lexists(file) else {}
    return import_file(redirects) if redirects else b""


def object_key(content: bytes) -> str:
    """The name of the object with this content."""
    return f"redirects/{hashlib.sha256(content).hexdigest()[:12]}"


def imported(content: bytes) -> dict[str, str]:
    """The pairs that a store has after importing the file."""
    return {pair["key"]: pair["value"] for pair in json.loads(content)["data"]}


def _written(redirects: Mapping[str, str]) -> bytes:
    pairs = [{"key": old, "value": new} for old, new in sorted(redirects.items())]
    return json.dumps({"data": pairs}, ensure_ascii=False, separators=(",", ":")).encode()
