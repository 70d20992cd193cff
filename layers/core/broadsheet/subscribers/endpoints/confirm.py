"""The endpoint of the link in a confirmation mail.

GET changes nothing, for mail scanners follow every link; the page that it shows has a button that posts.
"""

from dataclasses import dataclass

from broadsheet.http import Request, Response
from broadsheet.newsletter import Newsletter
from broadsheet.site.responses import Reply
from broadsheet.subscribers.confirm import Confirm, Confirmed
from broadsheet.subscribers.endpoints.boundary import LINK_METHODS
from broadsheet.subscribers.link_tokens import LinkError, Links

# The prefixes of the words that ask for the button, and of those that say it was pressed.
WORDS = {Confirmed.SUBSCRIPTION: ("confirm", "subscribed"), Confirmed.ADDRESS: ("new_address", "moved")}


@dataclass(frozen=True)
class ConfirmEndpoint:
    """`/api/confirm?t=…&in=…`: GET shows the button, POST confirms and redirects to a notice.

    The link is that of a sign-up, or of a reader's new address, with words of their own.

    A link that is forged, expired or used up gets 410, in each case with the same words.
    """

    newsletter: Newsletter
    links: Links
    confirm: Confirm
    methods = LINK_METHODS

    def __call__(self, request: Request, reply: Reply) -> Response:
        """The response."""
        gone, is_post = reply.refusal(410, "gone", "gone_confirm_text"), request.method == "POST"
        try:
            confirmation = self.links.read_confirm_token(request.query.get("t", ""))
        except LinkError as error:
            raise gone from error
        what = (self.confirm if is_post else self.confirm.waiting)(confirmation)
        if what is None:
            raise gone
        asked, done = WORDS[what]
        if is_post:
            return reply.done(200, "confirmed", f"{done}_heading", reply.notice_path(done))
        button = {"action": reply.same_link("confirm"), "label": reply.words[f"{asked}_button"]}
        return reply.notice(200, asked, button)
