"""The public address as readers and mail providers use it: site, API, one-click unsubscription."""

from http import HTTPStatus
from urllib.parse import urlencode

import urllib3

from cli.doctor.diagnosis import Diagnosis, fault, ok

UNKNOWN_TOKEN = "doctor"  # noqa: S105  # of no link, so the API finds nobody
ONE_CLICK = urlencode({"List-Unsubscribe": "One-Click"})
FORM = {"content-type": "application/x-www-form-urlencoded"}
TIMEOUT = urllib3.Timeout(connect=5, read=35)  # API Gateway gives a function 30 seconds
PAGES = (HTTPStatus.OK, HTTPStatus.GONE)  # of a link: what it does, or that it is not known any more
DEPLOY_AGAIN = "Run make deploy, wait five minutes; then check CloudFront's distribution."


class NoAnswerError(RuntimeError):
    """The address does not answer; the message says why."""


def site(address: str) -> list[Diagnosis]:
    """Whether the CDN serves the pages."""
    try:
        answer = _request("GET", f"{address}/")
    except NoAnswerError as reason:
        repair = "A domain of your own must lead to the CDN (CNAME to the output DistributionDomain)."
        return [fault(f"{address} does not answer ({reason})", repair)]
    if answer.status == HTTPStatus.OK and _is_page(answer):
        return [ok(f"The CDN serves the site at {address}")]
    repair = "Run make deploy: it uploads newsletter.toml to the desk, which makes the pages."
    return [fault(f"The CDN answers {answer.status} for the site's first page", repair)]


def api(address: str) -> list[Diagnosis]:
    """Whether the CDN forwards to the API: an unknown link is answered with a page that says so."""
    try:
        answer = _request("GET", f"{address}/api/confirm?t={UNKNOWN_TOKEN}")
    except NoAnswerError as reason:
        return [fault(f"The API does not answer ({reason})", DEPLOY_AGAIN)]
    if answer.status in PAGES and _is_page(answer):
        return [ok("The CDN leads to the API")]
    return [fault(f"The API answers {answer.status} by way of the CDN", DEPLOY_AGAIN)]


def one_click(address: str) -> list[Diagnosis]:
    """Whether a mail provider can end a subscription for a reader.

    Source: RFC 8058 sections 3.1 and 3.2: a POST of this very form, answered without redirect, without
    cookies and without a question.
    """
    try:
        answer = _request("POST", f"{address}/api/unsubscribe?t={UNKNOWN_TOKEN}", ONE_CLICK)
    except NoAnswerError as reason:
        return [fault(f"One-click unsubscribing does not answer ({reason})", DEPLOY_AGAIN)]
    problems = {
        f"it answers {answer.status}": answer.status != HTTPStatus.OK,
        "it redirects": "location" in answer.headers,
        "it sets a cookie": "set-cookie" in answer.headers,
    }
    if any(problems.values()):
        wrong = ", ".join(problem for problem, is_so in problems.items() if is_so)
        return [fault(f"One-click unsubscribing does not follow RFC 8058: {wrong}", DEPLOY_AGAIN)]
    return [ok("One-click unsubscribing answers as RFC 8058 requires")]


def _is_page(answer: urllib3.BaseHTTPResponse) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def _request(method: str, url: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
    """The answer, whatever its status; redirects are not followed.

    Raises:
        NoAnswerError: there is none.
    """
    headers = {"accept": "text/html", **(FORM if body else {})}
    try:
        return urllib3.request(
            method, url, body=body, headers=headers, redirect=False, retries=False, timeout=TIMEOUT
        )
    except urllib3.exceptions.HTTPError as error:
        raise NoAnswerError(type(error).__name__) from error
