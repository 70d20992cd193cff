"""The endpoint of a reader's own page: what they receive, what is stored about them, and how to end it.

GET changes nothing. Whoever has the link is the reader; a link that leads to nobody gets the same few words
in each case. The page shows everything that is stored but the address, which this function can't decrypt.

The link of a letter, or a manage link from before `own-page` (`link_tokens.py`), does not open the page: it
can only have a fresh link mailed to its reader, by the same calls and with the same answer whether or not
that reader exists.
"""

from dataclasses import dataclass
from http import HTTPStatus

from broadsheet.http import Problem, Request, Response, json_response
from broadsheet.language import language
from broadsheet.newsletter import Newsletter
from broadsheet.site.layout import Alternate, PageHead, in_layout
from broadsheet.site.responses import Reply
from broadsheet.subscribers.endpoints.boundary import LINK_METHODS
from broadsheet.subscribers.link_tokens import LinkError, Links
from broadsheet.subscribers.manage import ManageForm, ManageSubscription, languages
from broadsheet.subscribers.networks import ShareExceededError, visitor_share
from broadsheet.subscribers.personal_data import record_lines, record_of
from broadsheet.subscribers.subscriber import Subscriber

DONE = {"saved": "saved_text", "record": "record_asked_text"}


@dataclass(frozen=True)
class ManageEndpoint:
    """`/api/manage?t=…&in=…`: GET shows the page, POST does what its `action` says.

    410 if the link leads to nobody, 429 if the visitor's network has used its share of the day.
    """

    newsletter: Newsletter
    links: Links
    subscription: ManageSubscription
    usual_share: int
    methods = LINK_METHODS

    def __call__(self, request: Request, reply: Reply) -> Response:
        """The response."""
        token, is_post = request.query.get("t", ""), request.method == "POST"
        try:
            if is_post and _action(request) == "link":
                return self._mail_link(reply, self.links.read_link_request(token))
            if not is_post and not request.wants_json and self.links.opens_no_page(token):
                return reply.notice(HTTPStatus.GONE, "old_link", more=reply.link_button())
            subscriber_id = self.links.read_manage_token(token)
        except LinkError as error:
            raise reply.refusal(HTTPStatus.GONE, "gone", "gone_leave_text") from error
        return self._act(reply, subscriber_id) if is_post else self._show(reply, subscriber_id)

    def _show(self, reply: Reply, subscriber_id: str) -> Response:
        subscriber = self._reader(reply, subscriber_id)
        if reply.request.wants_json:
            return json_response(200, record_of(subscriber))
        return self._page(reply, subscriber, done=DONE.get(reply.request.query.get("done", ""), ""))

    def _mail_link(self, reply: Reply, subscriber_id: str) -> Response:
        try:
            share = visitor_share(reply.request, self.newsletter, self.usual_share)
            self.subscription.mail_link(subscriber_id, share)
        except ShareExceededError:
            raise reply.too_many_requests("link_busy", self.subscription.clock()) from None
        return reply.done(HTTPStatus.ACCEPTED, "link", "link_text", reply.notice_path("link"))

    def _act(self, reply: Reply, subscriber_id: str) -> Response:
        form = ManageForm.from_fields(reply.request.fields(), reply.edition)
        match _action(reply.request):
            case "save":
                return self._save(reply, subscriber_id, form)
            case "record":
                _require_reader(reply, found=self.subscription.mail_record(subscriber_id))
                return self._shown_again(reply, "record", HTTPStatus.ACCEPTED)
            case "leave":
                self.subscription.leave(subscriber_id)
                return reply.done(200, "unsubscribed", "goodbye_heading", reply.notice_path("goodbye"))
            case "erase":
                _require_reader(reply, found=self.subscription.erase(subscriber_id, not_again=form.not_again))
                return reply.done(200, "erased", "erased_heading", reply.notice_path("erased"))
        raise reply.refusal(HTTPStatus.UNPROCESSABLE_CONTENT, "error", "error_action")

    def _save(self, reply: Reply, subscriber_id: str, form: ManageForm) -> Response:
        words, subscriber = reply.words, self._reader(reply, subscriber_id)
        errors = form.errors(self.newsletter)
        if errors and reply.request.wants_json:
            details = {name: words[key] for name, key in errors.items()}
            raise Problem(HTTPStatus.UNPROCESSABLE_CONTENT, words["error_heading"], errors=details)
        if errors:
            return self._page(reply, subscriber, form=form, errors=errors)
        _require_reader(reply, found=self.subscription.save(subscriber_id, form))
        return self._shown_again(reply, "saved", HTTPStatus.OK)

    @staticmethod
    def _shown_again(reply: Reply, done: str, status: int) -> Response:
        """Redirect to the page, which then says what was done."""
        return reply.done(status, done, DONE[done], f"{reply.same_link('manage')}&done={done}")

    def _page(
        self,
        reply: Reply,
        subscriber: Subscriber,
        *,
        form: ManageForm | None = None,
        errors: dict[str, str] | None = None,
        done: str = "",
    ) -> Response:
        words, errors = reply.words, errors or {}
        head = PageHead(
            reply.edition,
            "api/manage",
            words["error_heading" if errors else "manage_heading"],
            public=False,
            sign_up=False,
            alternates=tuple(
                Alternate(other, f"api/{reply.same_link('manage', other)}", exact=True)
                for other in self.newsletter.editions.values()
            ),
        )
        chosen_language = form.language if form and "language" not in errors else ""
        page = in_layout(
            "manage.html",
            head,
            self.newsletter,
            action=reply.same_link("manage"),
            chosen=form.audiences if form else subscriber.audiences,
            chosen_language=chosen_language or subscriber.language,
            languages=[(code, language(code)["language_name"]) for code in languages(self.newsletter)],
            lines=record_lines(subscriber, words, self.newsletter),
            errors={"audience": "", "language": "", **errors},
            done=done,
        )
        return Response(HTTPStatus.UNPROCESSABLE_CONTENT if errors else HTTPStatus.OK, page.html)

    def _reader(self, reply: Reply, subscriber_id: str) -> Subscriber:
        subscriber = self.subscription.reader(subscriber_id)
        if subscriber is None:
            raise reply.refusal(HTTPStatus.GONE, "nobody")
        return subscriber


def _action(request: Request) -> str:
    return next(iter(request.fields().get("action", [])), "")


def _require_reader(reply: Reply, *, found: bool) -> None:
    if not found:
        raise reply.refusal(HTTPStatus.GONE, "nobody")
