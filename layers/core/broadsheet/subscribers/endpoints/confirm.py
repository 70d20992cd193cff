"""The endpoint behind the link of a confirmation mail.

GET never changes anything, for mail scanners follow every link; the page it shows has a button that posts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.http import Problem, Request, Response, json_answer, see_other
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.notices import NOTICES
from broadsheet.subscribers import confirm as confirming
from broadsheet.subscribers.endpoints.responses import edition_of, gone, notice, only, problem_for, same_link
from broadsheet.subscribers.link_tokens import Confirmation, LinkError, Links


@dataclass(frozen=True)
class ConfirmEndpoint:
    """`/api/confirm?t=…&in=…`: GET shows the button, POST confirms and leads to a page that says so."""

    newsletter: Newsletter
    links: Links
    is_waiting: Callable[[Confirmation], bool]
    confirm: Callable[[Confirmation], confirming.ConfirmOutcome]

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
            raise gone(words, "gone_confirm_text")
        button = {"action": same_link(request, "confirm", edition), "label": words["confirm_button"]}
        return notice(200, edition, self.newsletter, "confirm", button)

    def _confirmed(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        outcome = self.confirm(self._confirmation(request, words))
        if outcome is not confirming.ConfirmOutcome.CONFIRMED:
            raise gone(words, "gone_confirm_text")
        if request.wants_json:
            return json_answer(200, {"status": "confirmed", "detail": words["subscribed_heading"]})
        return see_other(f"/{edition.id}/{NOTICES['subscribed']}")

    def _confirmation(self, request: Request, words: Language) -> Confirmation:
        try:
            return self.links.read_confirm_token(request.query.get("t", ""))
        except LinkError as error:
            raise gone(words, "gone_confirm_text") from error
