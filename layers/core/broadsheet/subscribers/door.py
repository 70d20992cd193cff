"""The three doors that readers come to over HTTP: sign-up, confirmation, leaving.

GET never changes anything, for mail scanners follow every link; the page it shows has a button that posts.
A program that speaks JSON gets JSON; everybody else gets pages in their edition's language.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.pages import NOTICES, Head, message, sign_up_again
from broadsheet.subscribers import confirm as confirming
from broadsheet.subscribers.links import Confirmation, LinkError, Links
from broadsheet.subscribers.sign_up import SignUpForm
from broadsheet.web import Problem, Request, Response, json_answer, problem_answer, see_other


@dataclass(frozen=True)
class SignUpDoor:
    """`POST /api/subscribe`: a form or JSON; 303 to a notice, or the form again (422).

    `subscribe` takes a form that was found without errors.
    """

    newsletter: Newsletter
    subscribe: Callable[[SignUpForm], None]

    def __call__(self, request: Request) -> Response:
        """The answer; the same for every address."""
        edition = next(iter(self.newsletter.editions.values()))
        try:
            _only(request, "POST")
            form = SignUpForm.from_fields(
                request.fields(), self.newsletter, "api" if request.wants_json else "page"
            )
            edition = self.newsletter.editions[form.edition]
            errors = form.errors(self.newsletter)
            if errors:
                return self._again(request, form, errors)
            self.subscribe(form)
        except Problem as problem:
            return _problem(request, problem, edition, self.newsletter)
        words = language(edition.language)
        if request.wants_json:
            return json_answer(202, {"status": "accepted", "detail": words["check_text"]})
        return see_other(f"/{edition.id}/{NOTICES['check']}")

    def _again(self, request: Request, form: SignUpForm, errors: dict[str, str]) -> Response:
        edition = self.newsletter.editions[form.edition]
        words = language(edition.language)
        if request.wants_json:
            told = {name: words[key] for name, key in errors.items()}
            return problem_answer(Problem(422, "Unprocessable content", words["error_heading"], told))
        return Response(422, sign_up_again(edition, form.email, form.audiences, errors, self.newsletter).html)


@dataclass(frozen=True)
class ConfirmDoor:
    """`/api/confirm?t=…&in=…`: GET shows the button, POST confirms and leads to a page that says so."""

    newsletter: Newsletter
    links: Links
    is_waiting: Callable[[Confirmation], bool]
    confirm: Callable[[Confirmation], confirming.Outcome]

    def __call__(self, request: Request) -> Response:
        """The answer; a link that is forged, old or used up gets 410 and the same words."""
        edition = _edition(request, self.newsletter)
        try:
            _only(request, "GET", "HEAD", "POST")
            if request.method == "POST":
                return self._confirmed(request, edition)
            return self._button(request, edition)
        except Problem as problem:
            return _problem(request, problem, edition, self.newsletter)

    def _button(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        if not self.is_waiting(self._confirmation(request, words)):
            raise _gone(words, "gone_confirm_text")
        button = {"action": _same(request, "confirm", edition), "label": words["confirm_button"]}
        return _notice(200, edition, self.newsletter, "confirm", button)

    def _confirmed(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        outcome = self.confirm(self._confirmation(request, words))
        if outcome is not confirming.Outcome.CONFIRMED:
            raise _gone(words, "gone_confirm_text")
        if request.wants_json:
            return json_answer(200, {"status": "confirmed", "detail": words["subscribed_heading"]})
        return see_other(f"/{edition.id}/{NOTICES['subscribed']}")

    def _confirmation(self, request: Request, words: Language) -> Confirmation:
        try:
            return self.links.read_confirm_token(request.query.get("t", ""))
        except LinkError as error:
            raise _gone(words, "gone_confirm_text") from error


@dataclass(frozen=True)
class LeaveDoor:
    """`/api/unsubscribe?t=…&in=…`: GET shows the button; POST leaves.

    A mail provider's one-click POST gets 200 whatever the token is worth, without redirect or cookie.
    Source: RFC 8058, sections 3.1 and 3.2.
    """

    newsletter: Newsletter
    links: Links
    unsubscribe: Callable[[str], None]

    def __call__(self, request: Request) -> Response:
        """The answer. Leaving twice is the same as once."""
        edition = _edition(request, self.newsletter)
        try:
            _only(request, "GET", "HEAD", "POST")
            if request.method != "POST":
                return self._button(request, edition)
            if _pressed(request):
                return self._left(request, edition)
            return self._one_click(request, edition)
        except Problem as problem:
            return _problem(request, problem, edition, self.newsletter)

    def _button(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        self._subscriber_id(request, words)
        button = {"action": _same(request, "unsubscribe", edition), "label": words["leave_button"]}
        return _notice(200, edition, self.newsletter, "leave", button)

    def _left(self, request: Request, edition: Edition) -> Response:
        self.unsubscribe(self._subscriber_id(request, language(edition.language)))
        return see_other(f"/{edition.id}/{NOTICES['goodbye']}")

    def _one_click(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        with contextlib.suppress(Problem):
            self.unsubscribe(self._subscriber_id(request, words))
        if request.wants_json:
            return json_answer(200, {"status": "unsubscribed", "detail": words["goodbye_heading"]})
        return _notice(200, edition, self.newsletter, "goodbye")

    def _subscriber_id(self, request: Request, words: Language) -> str:
        try:
            return self.links.read_unsubscribe_token(request.query.get("t", ""))
        except LinkError as error:
            raise _gone(words, "gone_leave_text") from error


def _gone(words: Language, text: str) -> Problem:
    return Problem(HTTPStatus.GONE, words["gone_heading"], words[text])


def _notice(
    status: int,
    edition: Edition,
    newsletter: Newsletter,
    words_for: str,
    button: dict[str, str] | None = None,
) -> Response:
    """A page with the heading and the text that the language keeps under `words_for`."""
    words = language(edition.language)
    head = Head(edition, f"api/{words_for}", words[f"{words_for}_heading"], public=False, sign_up=False)
    return Response(status, message(head, words[f"{words_for}_text"], newsletter, button).html)


def _pressed(request: Request) -> bool:
    """Whether a person pressed our button; anything else that posts is a mail provider."""
    try:
        return bool(request.fields().get("button"))
    except Problem:
        return False


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Method not allowed",
            f"This address takes {allowed}.",
            headers={"allow": allowed},
        )


def _edition(request: Request, newsletter: Newsletter) -> Edition:
    """The edition whose words a link asks for, else the first."""
    named = newsletter.editions.get(request.query.get("in", ""))
    return named or next(iter(newsletter.editions.values()))


def _same(request: Request, name: str, edition: Edition) -> str:
    return f"{name}?t={quote(request.query.get('t', ''))}&in={edition.id}"


def _problem(request: Request, problem: Problem, edition: Edition, newsletter: Newsletter) -> Response:
    """The problem as JSON for a program, as a page for a person."""
    if request.wants_json:
        return problem_answer(problem)
    head = Head(edition, "api/problem", problem.title, public=False, sign_up=False)
    page = message(head, problem.detail, newsletter)
    return Response(problem.status, page.html, headers=problem.headers)
