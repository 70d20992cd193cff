"""The endpoint behind the link to unsubscribe, which every letter has.

GET never changes anything, for mail scanners follow every link; the page it shows has a button that posts.
A program that speaks JSON gets JSON; everybody else gets pages in their edition's language.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.http import Problem, Request, Response, json_answer, see_other
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.notices import NOTICES
from broadsheet.subscribers.endpoints.responses import (
    edition_of,
    gone,
    link_button,
    notice,
    only,
    problem_for,
    same_link,
)
from broadsheet.subscribers.link_tokens import LinkError, Links


@dataclass(frozen=True)
class UnsubscribeEndpoint:
    """`/api/unsubscribe?t=…&in=…`: GET shows the button; POST leaves.

    The page tells nothing of the reader, for whoever has a letter sees it. A second button has a link to the
    reader's own page mailed to them; that page's endpoint takes it.

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
            raise gone(words, "gone_leave_text") from error


def _pressed(request: Request) -> bool:
    """Whether a person pressed our button; anything else that posts is a mail provider."""
    try:
        return bool(request.fields().get("button"))
    except Problem:
        return False
