"""The public address as readers and mail providers meet it: site, API, one-click leaving."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlencode

import urllib3

from cli.doctor.diagnosis import Diagnosis, Level

UNKNOWN_TOKEN = "doctor"  # noqa: S105  # no link's: it finds nobody
ONE_CLICK = urlencode({"List-Unsubscribe": "One-Click"})
FORM = {"content-type": "application/x-www-form-urlencoded"}
PATIENCE = urllib3.Timeout(connect=5, read=35)  # API Gateway gives a function 30 seconds
PAGES = (HTTPStatus.OK, HTTPStatus.GONE)  # of a link: what it does, or that it is not known any more
DEPLOY_AGAIN = "Run make deploy, wait five minutes; then look into CloudFront's distribution."


class Unreached(RuntimeError):  # noqa: N818  # not an error: what was found
    """Nobody answered at the address; the message says why."""


def site(address: str) -> list[Diagnosis]:
    """Whether the CDN gives the pages."""
    try:
        answer = _asked("GET", f"{address}/")
    except Unreached as why:
        point = "A domain of your own must lead to the CDN (CNAME to the output DistributionDomain)."
        return [Diagnosis(Level.FAULT, f"{address} does not answer ({why})", point)]
    if answer.status == HTTPStatus.OK and _is_page(answer):
        return [Diagnosis(Level.OK, f"The CDN gives the site at {address}")]
    lay = "Run make deploy: it lays newsletter.toml on the desk, which makes the pages."
    return [Diagnosis(Level.FAULT, f"The CDN answers {answer.status} for the site's first page", lay)]


def api(address: str) -> list[Diagnosis]:
    """Whether the CDN leads to the API: a link that nobody has gets a page that says so."""
    try:
        answer = _asked("GET", _link(address, "confirm"))
    except Unreached as why:
        return [Diagnosis(Level.FAULT, f"The API does not answer ({why})", DEPLOY_AGAIN)]
    if answer.status in PAGES and _is_page(answer):
        return [Diagnosis(Level.OK, "The CDN leads to the API")]
    return [Diagnosis(Level.FAULT, f"The API answers {answer.status} by way of the CDN", DEPLOY_AGAIN)]


def one_click(address: str) -> list[Diagnosis]:
    """Whether a mail provider can end a subscription for a reader.

    Source: RFC 8058 sections 3.1 and 3.2: a POST of this very form, answered without redirect, without
    cookies, without asking anybody anything.
    """
    try:
        answer = _asked("POST", _link(address, "unsubscribe"), ONE_CLICK)
    except Unreached as why:
        return [Diagnosis(Level.FAULT, f"One-click leaving does not answer ({why})", DEPLOY_AGAIN)]
    wrong = ", ".join(_wrong_with(answer))
    if wrong:
        return [
            Diagnosis(Level.FAULT, f"One-click leaving is not as RFC 8058 wants it: {wrong}", DEPLOY_AGAIN)
        ]
    return [Diagnosis(Level.OK, "One-click leaving answers as RFC 8058 wants it")]


def _wrong_with(answer: urllib3.BaseHTTPResponse) -> Iterator[str]:
    if answer.status != HTTPStatus.OK:
        yield f"it answers {answer.status}"
    if "location" in answer.headers:
        yield "it redirects"
    if "set-cookie" in answer.headers:
        yield "it sets a cookie"


def _link(address: str, name: str) -> str:
    return f"{address}/api/{name}?t={UNKNOWN_TOKEN}"


def _is_page(answer: urllib3.BaseHTTPResponse) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def _asked(method: str, url: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
    """The answer, whatever it is; redirects are not followed.

    Raises:
        Unreached: there is none.
    """
    headers = {"accept": "text/html", **(FORM if body else {})}
    try:
        return urllib3.request(
            method, url, body=body, headers=headers, redirect=False, retries=False, timeout=PATIENCE
        )
    except urllib3.exceptions.HTTPError as error:
        raise Unreached(type(error).__name__) from error
