"""The endpoint of a reader's own page: what they receive, what is stored about them, and how to end it.

GET changes nothing. Whoever has the link is the reader; a link that leads to nobody gets the same few words
in each case, and so does one from before the reader changed their address; to leave, every link is good. The
page shows everything that is stored but the address, which this function can't decrypt. Only a link of the
last days can change the address; an older one can have a new one mailed.

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
from broadsheet.subscribers.address import address_in, error_of
from broadsheet.subscribers.endpoints.boundary import LINK_METHODS
from broadsheet.subscribers.link_tokens import LinkError, Links, ManageLink
from broadsheet.subscribers.manage import ManageForm, ManageSubscription, languages
from broadsheet.subscribers.mistyped import meant
from broadsheet.subscribers.networks import ShareExceededError, visitor_share
from broadsheet.subscribers.personal_data import record_lines, record_of
from broadsheet.subscribers.ports import SignupClosedError
from broadsheet.subscribers.subscriber import Subscriber

DONE = {"saved": "saved_text", "record": "record_asked_text", "address": "address_asked_text"}


@dataclass(frozen=True)
class ManageEndpoint:
    """`/api/manage?t=…&in=…`: GET shows the page, POST does what its `action` says.

    A new address whose domain seems mistyped is taken as it is, and the page (202) offers the likely one.

    410 if the link leads to nobody, 403 if it is too old to change the address, 429 if the visitor's network
    has used its share of the day, 503 while addresses can't be taken.
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
            link = self.links.read_manage_token(token)
        except LinkError as error:
            raise reply.refusal(HTTPStatus.GONE, "gone", "gone_leave_text") from error
        return self._act(reply, link) if is_post else self._show(reply, link)

    def _show(self, reply: Reply, link: ManageLink) -> Response:
        subscriber = self._reader(reply, link)
        if reply.request.wants_json:
            return json_response(200, record_of(subscriber))
        return self._page(reply, link, subscriber, done=DONE.get(reply.request.query.get("done", ""), ""))

    def _mail_link(self, reply: Reply, subscriber_id: str) -> Response:
        try:
            share = visitor_share(reply.request, self.newsletter, self.usual_share)
            self.subscription.mail_link(subscriber_id, share)
        except ShareExceededError:
            raise reply.too_many_requests("link_busy", self.subscription.clock()) from None
        return reply.done(HTTPStatus.ACCEPTED, "link", "link_text", reply.notice_path("link"))

    def _act(self, reply: Reply, link: ManageLink) -> Response:
        form = ManageForm.from_fields(reply.request.fields(), reply.edition)
        if _action(reply.request) == "leave":
            self.subscription.leave(link.subscriber_id)
            return reply.done(200, "unsubscribed", "goodbye_heading", reply.notice_path("goodbye"))
        subscriber = self._reader(reply, link)
        match _action(reply.request):
            case "save":
                return self._save(reply, link, subscriber, form)
            case "address":
                return self._ask_new_address(reply, link, subscriber, form)
            case "record":
                _require_reader(reply, found=self.subscription.mail_record(subscriber.id))
                return self._shown_again(reply, "record", HTTPStatus.ACCEPTED)
            case "erase":
                _require_reader(reply, found=self.subscription.erase(subscriber.id, not_again=form.not_again))
                return reply.done(200, "erased", "erased_heading", reply.notice_path("erased"))
        raise reply.refusal(HTTPStatus.UNPROCESSABLE_CONTENT, "error", "error_action")

    def _save(self, reply: Reply, link: ManageLink, subscriber: Subscriber, form: ManageForm) -> Response:
        if errors := form.errors(self.newsletter):
            return self._invalid(reply, link, subscriber, form, errors)
        _require_reader(reply, found=self.subscription.save(subscriber.id, form))
        return self._shown_again(reply, "saved", HTTPStatus.OK)

    def _ask_new_address(
        self, reply: Reply, link: ManageLink, subscriber: Subscriber, form: ManageForm
    ) -> Response:
        """The response, the same for every address; if its domain seems mistyped, the page offers another."""
        if not self.subscription.may_change_address(link):
            return self._old_link(reply)
        if error := error_of(form.email):
            return self._invalid(reply, link, subscriber, form, {"email": error})
        try:
            share = visitor_share(reply.request, self.newsletter, self.usual_share)
            self.subscription.ask_new_address(link, address_in(form.email), share)
        except ShareExceededError:
            raise reply.too_many_requests("address_busy", self.subscription.clock()) from None
        except SignupClosedError:
            raise reply.refusal(HTTPStatus.SERVICE_UNAVAILABLE, "address_closed", "closed_text") from None
        if meant(form.email) and not reply.request.wants_json:
            return self._page(reply, link, subscriber, form=form, done=DONE["address"])
        return self._shown_again(reply, "address", HTTPStatus.ACCEPTED)

    @staticmethod
    def _old_link(reply: Reply) -> Response:
        if reply.request.wants_json:
            raise reply.refusal(HTTPStatus.FORBIDDEN, "address_old_link")
        return reply.notice(HTTPStatus.FORBIDDEN, "address_old_link", more=reply.link_button())

    def _invalid(
        self,
        reply: Reply,
        link: ManageLink,
        subscriber: Subscriber,
        form: ManageForm,
        errors: dict[str, str],
    ) -> Response:
        if reply.request.wants_json:
            details = {name: reply.words[key] for name, key in errors.items()}
            heading = reply.words["error_heading"]
            raise Problem(HTTPStatus.UNPROCESSABLE_CONTENT, heading, errors=details)
        return self._page(reply, link, subscriber, form=form, errors=errors)

    @staticmethod
    def _shown_again(reply: Reply, done: str, status: int) -> Response:
        """Redirect to the page, which then says what was done."""
        return reply.done(status, done, DONE[done], f"{reply.same_link('manage')}&done={done}")

    def _page(
        self,
        reply: Reply,
        link: ManageLink,
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
        typed = form.email if form else ""
        offered = {"email": ""} if meant(typed) else {}  # in place of the error
        taken = HTTPStatus.ACCEPTED if form else HTTPStatus.OK
        form = None if "email" in errors or done == DONE["address"] else form  # the choice is elsewhere
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
            typed=typed,
            meant=meant(typed),
            accepted=not errors,
            may_change_address=self.subscription.may_change_address(link),
            errors={"audience": "", "language": "", "email": "", **errors, **offered},
            done=done,
        )
        return Response(HTTPStatus.UNPROCESSABLE_CONTENT if errors else taken, page.html)

    def _reader(self, reply: Reply, link: ManageLink) -> Subscriber:
        subscriber = self.subscription.reader_of(link)
        if subscriber is None:
            raise reply.refusal(HTTPStatus.GONE, "nobody")
        return subscriber


def _action(request: Request) -> str:
    return next(iter(request.fields().get("action", [])), "")


def _require_reader(reply: Reply, *, found: bool) -> None:
    if not found:
        raise reply.refusal(HTTPStatus.GONE, "nobody")
