"""The endpoint of the link to unsubscribe, which every letter has.

GET changes nothing, for mail scanners follow every link; the page that it shows has a button that posts.
"""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.http import Request, Response, json_response, see_other
from broadsheet.newsletter import Newsletter
from broadsheet.site.responses import Reply
from broadsheet.subscribers.endpoints.boundary import LINK_METHODS
from broadsheet.subscribers.link_tokens import LinkError, Links


@dataclass(frozen=True)
class UnsubscribeEndpoint:
    """`/api/unsubscribe?t=…&in=…`: GET shows the button; POST unsubscribes, a second time with no effect.

    The page shows nothing about the reader, for everybody who has the letter can open it. Its second button
    has a link to the reader's own page mailed to the reader; `ManageEndpoint` serves it.

    A POST without our button is a mail provider's one-click request: it gets 200 whatever the token, without
    redirect or cookie. Source: RFC 8058, sections 3.1 and 3.2.
    """

    newsletter: Newsletter
    links: Links
    unsubscribe: Callable[[str], None]
    methods = LINK_METHODS

    def __call__(self, request: Request, reply: Reply) -> Response:
        """The response."""
        subscriber_id = ""
        is_one_click = request.method == "POST" and request.field("button") is None
        try:
            subscriber_id = self.links.read_unsubscribe_token(request.query.get("t", ""))
        except LinkError as error:
            if not is_one_click:
                raise reply.refusal(410, "gone", "gone_leave_text") from error
        if request.method != "POST":
            button = {"action": reply.same_link("unsubscribe"), "label": reply.words["leave_button"]}
            return reply.notice(200, "leave", button, reply.link_button())
        if subscriber_id:
            self.unsubscribe(subscriber_id)
        return self._one_click(reply) if is_one_click else see_other(reply.notice_path("goodbye"))

    @staticmethod
    def _one_click(reply: Reply) -> Response:
        if reply.request.wants_json:
            return json_response(200, {"status": "unsubscribed", "detail": reply.words["goodbye_heading"]})
        return reply.notice(200, "goodbye")
