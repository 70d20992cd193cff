"""The public endpoint: sign-up. It can answer and seal, and knows nothing of who is on the list."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from broadsheet.http import Problem, Request, Response, json_answer, problem_answer, see_other
from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.ports import Clock
from broadsheet.site.notices import NOTICES, sign_up_again
from broadsheet.subscribers.endpoints.responses import only, problem_for
from broadsheet.subscribers.endpoints.visitors import too_many_requests
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.ports import SignUpClosedError
from broadsheet.subscribers.sign_up import SignUpForm


@dataclass(frozen=True)
class SignUpEndpoint:
    """`POST /api/subscribe`: a form or JSON; 303 to a notice, or the form again (422).

    429 where the visitor's network had its share of the day, 503 while sign-up is closed. `subscribe` takes a
    form that was found without errors.
    """

    newsletter: Newsletter
    visitors: Callable[[Request], Share]
    subscribe: Callable[[SignUpForm, Share], None]
    clock: Clock

    def __call__(self, request: Request) -> Response:
        """The answer; the same for every address."""
        edition = next(iter(self.newsletter.editions.values()))
        try:
            only(request, "POST")
            form = SignUpForm.from_fields(
                request.fields(), self.newsletter, "api" if request.wants_json else "page"
            )
            edition = self.newsletter.editions[form.edition]
            errors = form.errors(self.newsletter)
            if errors:
                return self._again(request, form, errors)
            return self._accepted(request, form, edition)
        except Problem as problem:
            return problem_for(request, problem, edition, self.newsletter)

    def _accepted(self, request: Request, form: SignUpForm, edition: Edition) -> Response:
        words = language(edition.language)
        try:
            self.subscribe(form, self.visitors(request))
        except ShareExceededError:
            raise too_many_requests(words, self.clock()) from None
        except SignUpClosedError:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, words["closed_heading"], words["closed_text"]
            ) from None
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
