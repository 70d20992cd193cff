"""What the endpoints have in common: the methods they take, their error boundary, words for readers."""

import contextlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote

from broadsheet.http import Problem, Request, Response, problem_answer
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.layout import PageHead
from broadsheet.site.notices import message

RETRY_AFTER_SECONDS = "120"


def only(request: Request, *methods: str) -> None:
    """Go on with these methods.

    Raises:
        Problem: any other (405).
    """
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Method not allowed",
            f"This address takes {allowed}.",
            headers={"allow": allowed},
        )


def edition_of(request: Request, newsletter: Newsletter) -> Edition:
    """The edition whose words a link asks for, else the first."""
    named = newsletter.editions.get(request.query.get("in", ""))
    return named or next(iter(newsletter.editions.values()))


def same_link(request: Request, name: str, edition: Edition) -> str:
    """The address that was asked for, relative to it, in an edition's words."""
    return f"{name}?t={quote(request.query.get('t', ''))}&in={edition.id}"


def link_button(request: Request, edition: Edition) -> dict[str, str]:
    """The button that has a fresh link to their page mailed to the reader of this one."""
    words = language(edition.language)
    action = same_link(request, "manage", edition)
    return {
        "action": action,
        "deed": "link",
        "label": words["link_button"],
        "hint": words["link_hint"],
    }


def notice(
    status: int,
    edition: Edition,
    newsletter: Newsletter,
    words_for: str,
    button: dict[str, str] | None = None,
    more: dict[str, str] | None = None,
) -> Response:
    """A page with the heading and the text that the language keeps under `words_for`.

    `button` and `more`, a plainer one below it, have where they post to and what they say; `more` also has
    the `deed` that it asks for.
    """
    words = language(edition.language)
    head = PageHead(edition, f"api/{words_for}", words[f"{words_for}_heading"], public=False, sign_up=False)
    return Response(status, message(head, words[f"{words_for}_text"], newsletter, button, more).html)


def problem_for(request: Request, problem: Problem, edition: Edition, newsletter: Newsletter) -> Response:
    """The problem as JSON for a program, as a page for a person."""
    if request.wants_json:
        return problem_answer(problem)
    head = PageHead(edition, "api/problem", problem.title, public=False, sign_up=False)
    page = message(head, problem.detail, newsletter)
    return Response(problem.status, page.html, headers=problem.headers)


def gone(words: Language, text: str) -> Problem:
    """A link that is forged, old or used up (410), in the words kept as `text`."""
    return Problem(HTTPStatus.GONE, words["gone_heading"], words[text])


class Endpoint(Protocol):
    """What answers requests, in the words of a newsletter."""

    @property
    def newsletter(self) -> Newsletter:
        """Whose words it speaks."""

    def __call__(self, request: Request) -> Response:
        """The answer."""


def error_boundary(endpoint: Endpoint, request: Request, failed: Callable[[], None]) -> Response:
    """The endpoint's answer; if anything behind it fails, a page or a problem that asks to come again (503).

    `failed` is called while the exception is being handled. Every request may be repeated without harm.
    """
    try:
        return endpoint(request)
    except Exception:  # noqa: BLE001  # a visitor gets a word in any case
        failed()
    return service_unavailable(request, endpoint.newsletter)


def service_unavailable(request: Request, newsletter: Newsletter) -> Response:
    """A page or a problem (503) that says that something is wrong on our side, and when to come again."""
    edition = _wished(request, newsletter)
    words = language(edition.language)
    problem = Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        words["failed_heading"],
        words["failed_text"],
        headers={"retry-after": RETRY_AFTER_SECONDS},
    )
    return problem_for(request, problem, edition, newsletter)


def _wished(request: Request, newsletter: Newsletter) -> Edition:
    """The edition that the link or the form names."""
    named = ""
    with contextlib.suppress(Problem):
        named = next(iter(request.fields().get("edition", [])), "")
    return newsletter.editions.get(named) or edition_of(request, newsletter)
