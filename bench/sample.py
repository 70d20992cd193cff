"""The sample newsletter of content/, built into a folder: what people see first, and what is weighed."""

import re
from collections.abc import Sequence
from pathlib import Path

from bench.measuring import ROOT, cpu_seconds

BROADSHEET = ROOT / ".venv" / "bin" / "broadsheet"


def build_sample(folder: Path, origin: str = "") -> Path:
    """Build content/ below `folder`, as if it stood at `origin`; gives the folder of the site."""
    toml = (ROOT / "newsletter.toml").read_text(encoding="utf-8")
    newsletter, out = folder / "newsletter.toml", folder / "site"
    if origin:
        toml = re.sub(r'^origin = ".*"$', f'origin = "{origin}"', toml, flags=re.MULTILINE)
    newsletter.write_text(toml, encoding="utf-8")
    cpu_seconds((BROADSHEET, "build", ROOT / "content", out, "--newsletter", newsletter))
    return out


def issue_pages(site: Path, editions: Sequence[str]) -> list[Path]:
    """The page of each issue in each edition, the newest of the first edition first."""
    return [page for e in editions for page in sorted((site / e).glob("20*/index.html"), reverse=True)]
