"""The endpoint of the link in a confirmation mail.

GET changes nothing, for mail scanners follow every link; the page that it shows has a button that posts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.http import Request, Response
from broadsheet.newsletter import Newsletter
from broadsheet.site.responses import Reply
from broadsheet.subscribers.endpoints.boundary import LINK_METHODS
from broadsheet.subscribers.link_tokens import Confirmation, LinkError, Links


@dataclass(frozen=True)
class ConfirmEndpoint:
    """`/api/confirm?t=…&in=…`: GET shows the button, POST confirms and redirects to a notice.

    A link that is forged, expired or used up gets 410, in each case with the same words.
    """

    newsletter: Newsletter
    links: Links
    is_waiting: Callable[[Confirmation], bool]
    confirm: Callable[[Confirmation], bool]
    methods = LINK_METHODS

    def __call__(self, request: Request, reply: Reply) -> Response:
        """The response."""
        gone, is_post = reply.refusal(410, "gone", "gone_confirm_text"), request.method == "POST"
        try:
            confirmation = self.links.read_confirm_token(request.query.get("t", ""))
        except LinkError as error:
            raise gone from error
        if not (self.confirm if is_post else self.is_waiting)(confirmation):
            raise gone
        if is_post:
            return reply.done(200, "confirmed", "subscribed_heading", reply.notice_path("subscribed"))
        button = {"action": reply.same_link("confirm"), "label": reply.words["confirm_button"]}
        return reply.notice(200, "confirm", button)
