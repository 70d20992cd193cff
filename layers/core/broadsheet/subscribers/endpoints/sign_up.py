"""The endpoint for sign-ups. It can seal an address, and does not know who is on the list."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from broadsheet.http import Problem, Request, Response, see_other
from broadsheet.newsletter import Newsletter
from broadsheet.ports import Clock
from broadsheet.site.responses import Reply, sign_up_form
from broadsheet.subscribers.endpoints.boundary import LINK_METHODS
from broadsheet.subscribers.networks import Share, ShareExceededError, visitor_share
from broadsheet.subscribers.ports import SignupClosedError
from broadsheet.subscribers.sign_up import SignupForm


@dataclass(frozen=True)
class SignupEndpoint:
    """`/api/subscribe?in=…`: POST takes a form or JSON; 303 to a notice, or the form again (422).

    If the domain seems mistyped, the page is the form with the likely address in it: with the words of the
    notice (202) for one that was taken as it was typed.

    429 if the visitor's network has used its share of the day, 503 while sign-up is closed. `subscribe` takes
    a valid form. GET changes nothing and leads to the form: after an error the address bar has this address.
    """

    newsletter: Newsletter
    usual_share: int
    subscribe: Callable[[SignupForm, Share], None]
    clock: Clock
    methods = LINK_METHODS

    def __call__(self, request: Request, reply: Reply) -> Response:
        """The response; the same for every address."""
        if request.method != "POST":
            return see_other(f"/{reply.edition.id}/index.html#subscribe")
        form = SignupForm.from_fields(
            request.fields(), reply.edition, "api" if request.wants_json else "page"
        )
        if errors := form.errors(self.newsletter):
            return self._invalid(reply, form, errors)
        try:
            self.subscribe(form, visitor_share(request, self.newsletter, self.usual_share))
        except ShareExceededError:
            raise reply.too_many_requests("busy", self.clock()) from None
        except SignupClosedError:
            raise reply.refusal(HTTPStatus.SERVICE_UNAVAILABLE, "closed") from None
        if form.meant and not request.wants_json:
            return self._form(reply, form, HTTPStatus.ACCEPTED, {})
        return reply.done(HTTPStatus.ACCEPTED, "accepted", "check_text", reply.notice_path("check"))

    def _invalid(self, reply: Reply, form: SignupForm, errors: dict[str, str]) -> Response:
        if reply.request.wants_json:
            details = {name: reply.words[key] for name, key in errors.items()}
            raise Problem(422, "Unprocessable content", reply.words["error_heading"], details)
        return self._form(reply, form, HTTPStatus.UNPROCESSABLE_CONTENT, errors)

    def _form(self, reply: Reply, form: SignupForm, status: int, errors: dict[str, str]) -> Response:
        page = sign_up_form(
            reply.edition,
            self.newsletter,
            typed=form.email,
            meant=form.meant,
            chosen=form.audiences,
            errors=errors,
        )
        return Response(status, page.html)
