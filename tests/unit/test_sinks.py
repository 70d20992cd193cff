"""Hostile words in everything that publishing writes: nothing of them is ever active."""

import json
import re
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.characters import printable
from broadsheet.content.checks.newsletter_findings import checked_newsletter
from broadsheet.content.findings import UnpublishableError
from broadsheet.content.read import read_issue
from broadsheet.mailings.body import Body
from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.template_text import VALUES
from broadsheet.newsletter_file import read_newsletter
from broadsheet.site.static_pages import about_page
from local.ses.templates import render
from tests.builders import ISSUE_ID, NEWSLETTER_TOML, a_newsletter
from tests.effort import tries
from tests.fakes.publishing import PublishingSystem

LEAVE = "https://news.example.org/api/unsubscribe?t=1"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
# WHATWG URL: C0 controls and spaces go at both ends, tabs and line ends everywhere.
ENDS, ANYWHERE = "".join(map(chr, range(0x21))), re.compile("[\t\n\r]")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
LINKS = ("href", "src", "action", "formaction", "poster", "data", "xlink:href")
PIECES = (
    *("{", "}", "\\", "{{", "}}", "{{unsubscribe_url}}", "&#x81;", "&#123;", "&lbrace;", "\u0081", "\x1b[2J"),
    *("<a href='", "'>", "</a>", "[words](", ")", "javascript:x", "JAVA&Tab;SCRIPT&colon;x", "data:x,"),
    *("&#x2003;", "\u2003", "&#x1;", "&#x200b;", "\u200b", "&nbsp;", " ", "//", "\\\\", "vbscript:", "x:"),
    *("<b onclick=x>", "<script>", "</script>", "<!--", "-->", "]]>", "<img src=x onerror=y>", '"', "'", "`"),
    *("&lt;", "&amp;#x81;", "\u2028", "\ufffe", "&#xfffe;", "&#xd800;", "\u202e", "<h2 style='x'>", "=1+1"),
    *("\n", "\n\n", "- ", "> ", "[^1]", "\n[^1]: ", "words", "https://example.org/", "| a | b |\n|--|--|\n"),
)
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
QUOTABLE = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def a_text(title: str, text: str) -> bytes:
    """A file whose title is written with escapes, as a quoted value of its front matter."""
    quoted = json.dumps(title or "words", ensure_ascii=True)
    return f"---\ntitle: {quoted}\nsummary: {quoted}\nauthors: [{quoted}]\n---\n{text}\n\nWords.\n".encode(
        "utf-8", "replace"
    )


def scheme_for_a_browser(url: str) -> str:
    found = SCHEME.match(ANYWHERE.sub("", url.strip(ENDS)))
    return found[1].lower() if found else ""


def active_in(html: str) -> Iterator[str]:
    """What a browser would run or load from elsewhere."""
    for element in BeautifulSoup(html, "html.parser").find_all(True):
        if element.name in ("iframe", "object", "embed", "base", "svg", "math", "template"):
            yield element.name
        if element.name == "script" and element.get("type") != "application/ld+json":
            yield "script"
        for name, value in element.attrs.items():
            if name.startswith("on") or name == "srcdoc":
                yield name
            if name in LINKS and scheme_for_a_browser(str(value)) not in ("", "http", "https", "mailto"):
                yield f"{name}={value!r}"


def check_page(html: str) -> None:
    assert not CONTROL.search(html)
    assert list(active_in(html)) == []
    for script in BeautifulSoup(html, "html.parser").find_all("script"):
        assert json.loads(script.string or "")["@context"] == "https://schema.org"


def check_body(body: Body) -> None:
    """As SES renders it; an unknown variable would raise."""
    values = {**VALUES, "unsubscribe_url": LEAVE}
    subject, html, text = (render(part, values) for part in (body.subject, body.html, body.text))
    assert "\n" not in subject
    assert LEAVE in html
    assert LEAVE in text
    assert not CONTROL.search(subject + html + text)
    assert list(active_in(html)) == []


def check_everything(system: PublishingSystem) -> None:
    for path, content in system.site.objects.items():
        text = content.decode() if path.endswith((".html", ".xml", ".json", ".txt")) else ""
        assert not CONTROL.search(text)
        if path.endswith(".html"):
            check_page(text)
        elif path.endswith(".xml"):
            for html in ET.fromstring(text).iter("{http://www.w3.org/2005/Atom}content"):  # noqa: S314  # our own
                assert list(active_in(html.text or "")) == []
        elif path.endswith("feed.json"):
            for item in json.loads(text)["items"]:
                assert list(active_in(item.get("content_html", ""))) == []
    for report in system.desk.reports.values():
        check_page(report)
    for mail in system.mailer.sent:
        head = "".join((mail.mail.subject, mail.mail.sender, *mail.mail.headers.values()))
        assert head == printable(head).replace("\n", "")
        assert not CONTROL.search(mail.mail.text)
        check_page(mail.mail.html)


@given(QUOTABLE, HOSTILE)
@settings(max_examples=tries(8, proof=250), suppress_health_check=[HealthCheck.too_slow])
def test_no_words_of_an_author_become_active_in_whatever_publishing_writes(title: str, text: str) -> None:
    system = PublishingSystem()
    system.upload(ISSUE_ID, "en.md", a_text(title, text))
    system.publish(ISSUE_ID)
    check_everything(system)


@given(QUOTABLE, HOSTILE)
@settings(max_examples=tries(20, proof=600))
def test_no_words_of_an_import_become_active_in_its_mail(title: str, text: str) -> None:
    try:
        issue = read_issue(
            ISSUE_ID, "en", a_text(title, text), frozenset(), a_newsletter(), lenient=True
        ).issue
    except UnpublishableError:
        return
    check_body(mail_body(issue, a_newsletter()))


@given(HOSTILE)
@settings(max_examples=tries(20, proof=600))
def test_no_words_about_the_newsletter_become_active(about: str) -> None:
    newsletter = read_newsletter(with_about(about))
    check_page(about_page(newsletter.editions["en"], newsletter).html)


def with_about(about: str) -> str:
    """A `newsletter.toml` that says this of the English edition, written with TOML's escapes."""
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in f"Words. {about}")
    return NEWSLETTER_TOML.replace('sign_up = "One letter a week."', f'sign_up = "s"\nabout = "{escaped}"', 1)


@pytest.mark.parametrize("written", ["{\\u0081{ x }}", "{\\u0080{x", "{\\ufffe{unsubscribe_url}}"])
def test_a_control_character_between_braces_of_a_title_makes_no_instruction(written: str) -> None:
    text = f'---\ntitle: "A week of {written}"\nsummary: A summary.\n---\nWords.\n'.encode()
    issue = read_issue(ISSUE_ID, "en", text, frozenset(), a_newsletter()).issue
    body = mail_body(issue, a_newsletter())
    check_body(body)
    assert "{{" in issue.title
    assert render(body.subject, {**VALUES, "unsubscribe_url": LEAVE}) == issue.title


@pytest.mark.parametrize("between", ["&#x81;", "&#xfdd0;", "&#127;"])
def test_a_control_character_between_braces_of_a_text_makes_no_instruction(between: str) -> None:
    text = f"---\ntitle: T\nsummary: S\n---\nA {{{between}{{ x }}}} here.\n".encode()
    issue = read_issue(ISSUE_ID, "en", text, frozenset(), a_newsletter()).issue
    body = mail_body(issue, a_newsletter())
    check_body(body)
    assert "A {{ x }} here." in render(body.text, {**VALUES, "unsubscribe_url": LEAVE})


SPACED = (
    *("&#x2003;javascript:alert(1)", "&#x3000;javascript:x", "&#x200b;javascript:x", "java&#x2003;script:x"),
    *("&#x81;javascript:x", "&#x1;javascript:x", "java&Tab;script:x", "&#xfeff;javascript:x"),
    "&#xad;data:,x",
)


@pytest.mark.parametrize("target", SPACED)
@pytest.mark.parametrize("form", ["<a href='{}'>a</a>", "[a](<{}>)", "<p><a href='{}'>a</a></p>"])
def test_a_space_of_any_kind_before_or_in_a_scheme_hides_it_from_nobody(form: str, target: str) -> None:
    text = f"---\ntitle: T\nsummary: S\n---\nA sentence with {form.format(target)} in it.\n".encode()
    with pytest.raises(UnpublishableError) as refused:
        read_issue(ISSUE_ID, "en", text, frozenset(), a_newsletter())
    assert {finding.rule for finding in refused.value.findings} == {"link-scheme"}
    issue = read_issue(ISSUE_ID, "en", text, frozenset(), a_newsletter(), lenient=True).issue
    body = mail_body(issue, a_newsletter())
    check_body(body)
    assert "javascript:" not in unescape(body.html)


@pytest.mark.parametrize("target", ["javascript:alert(1)", "&#x2003;javascript:alert(1)", "data:text/html,x"])
def test_a_link_about_the_newsletter_that_is_unsafe_is_found_on_its_line(target: str) -> None:
    text = NEWSLETTER_TOML.replace(
        'sign_up = "One letter a week."', f'sign_up = "s"\nabout = """We write.\n\n[Us](<{target}>)"""', 1
    )
    _, (found,) = checked_newsletter(text.encode())
    assert (found.file, found.rule, found.is_error) == ("newsletter.toml", "link-scheme", True)
    assert "[Us]" in text.split("\n")[found.line - 1]
