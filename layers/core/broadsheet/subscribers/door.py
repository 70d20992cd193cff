"""The doors behind the links in mails: confirmation and leaving.

GET never changes anything, for mail scanners follow every link; the page it shows has a button that posts.
A program that speaks JSON gets JSON; everybody else gets pages in their edition's language.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from broadsheet.http import Problem, Request, Response, json_answer, see_other
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.notices import NOTICES
from broadsheet.subscribers import confirm as confirming
from broadsheet.subscribers.answers import edition_of, link_button, notice, only, problem_for, same_link
from broadsheet.subscribers.links import Confirmation, LinkError, Links


@dataclass(frozen=True)
class ConfirmDoor:
    """`/api/confirm?t=…&in=…`: GET shows the button, POST confirms and leads to a page that says so."""

    newsletter: Newsletter
    links: Links
    is_waiting: Callable[[Confirmation], bool]
    confirm: Callable[[Confirmation], confirming.Outcome]

    def __call__(self, request: Request) -> Response:
        """The answer; a link that is forged, old or used up gets 410 and the same words."""
        edition = edition_of(request, self.newsletter)
        try:
            only(request, "GET", "HEAD", "POST")
            if request.method == "POST":
                return self._confirmed(request, edition)
            return self._button(request, edition)
        except Problem as problem:
            return problem_for(request, problem, edition, self.newsletter)

    def _button(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        if not self.is_waiting(self._confirmation(request, words)):
            raise _gone(words, "gone_confirm_text")
        button = {"action": same_link(request, "confirm", edition), "label": words["confirm_button"]}
        return notice(200, edition, self.newsletter, "confirm", button)

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

    The page tells nothing of the reader, for whoever has a letter sees it. A second button has a link to the
    reader's own page mailed to them; the door of that page takes it.

    A mail provider's one-click POST gets 200 whatever the token is worth, without redirect or cookie.
    Source: RFC 8058, sections 3.1 and 3.2.
    """

    newsletter: Newsletter
    links: Links
    unsubscribe: Callable[[str], None]

    def __call__(self, request: Request) -> Response:
        """The answer. Leaving twice is the same as once."""
        edition = edition_of(request, self.newsletter)
        try:
            only(request, "GET", "HEAD", "POST")
            if request.method != "POST":
                return self._button(request, edition)
            if _pressed(request):
                return self._left(request, edition)
            return self._one_click(request, edition)
        except Problem as problem:
            return problem_for(request, problem, edition, self.newsletter)

    def _button(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        self._subscriber_id(request, words)
        button = {"action": same_link(request, "unsubscribe", edition), "label": words["leave_button"]}
        return notice(200, edition, self.newsletter, "leave", button, link_button(request, edition))

    def _left(self, request: Request, edition: Edition) -> Response:
        self.unsubscribe(self._subscriber_id(request, language(edition.language)))
        return see_other(f"/{edition.id}/{NOTICES['goodbye']}")

    def _one_click(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        with contextlib.suppress(Problem):
            self.unsubscribe(self._subscriber_id(request, words))
        if request.wants_json:
            return json_answer(200, {"status": "unsubscribed", "detail": words["goodbye_heading"]})
        return notice(200, edition, self.newsletter, "goodbye")

    def _subscriber_id(self, request: Request, words: Language) -> str:
        try:
            return self.links.read_unsubscribe_token(request.query.get("t", ""))
        except LinkError as error:
            raise _gone(words, "gone_leave_text") from error


def _gone(words: Language, text: str) -> Problem:
    return Problem(HTTPStatus.GONE, words["gone_heading"], words[text])


def _pressed(request: Request) -> bool:
    """Whether a person pressed our button; anything else that posts is a mail provider."""
    try:
        return bool(request.fields().get("button"))
    except Problem:
        return False
