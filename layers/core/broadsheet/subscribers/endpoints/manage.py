"""The endpoint of a reader's own page: what they receive, what is kept about them, and how to end it.

GET never changes anything. Whoever has the link is the reader; without one, or once they are gone, everybody
gets the same few words. The page shows all that is kept but the address, which this function can't open.

A link of a letter, or a manage link from before `own-page` (`links.py`), opens nothing: it only has a fresh
link mailed to its reader, by the same calls and with the same answer whether or not there is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from broadsheet.http import Problem, Request, Response, json_answer, problem_answer, see_other
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.ports import Clock
from broadsheet.site.layout import Alternate, PageHead, in_layout
from broadsheet.site.notices import NOTICES
from broadsheet.subscribers.endpoints.responses import (
    edition_of,
    link_button,
    notice,
    only,
    problem_for,
    same_link,
)
from broadsheet.subscribers.endpoints.visitors import too_many_requests
from broadsheet.subscribers.link_tokens import LinkError, Links
from broadsheet.subscribers.manage import ManageForm, languages
from broadsheet.subscribers.networks import Share, ShareExceededError
from broadsheet.subscribers.personal_data import record_lines, record_of
from broadsheet.subscribers.subscriber import Subscriber

DONE = {"saved": "saved_text", "record": "record_asked_text"}


@dataclass(frozen=True)
class ManageEndpoint:
    """`/api/manage?t=…&in=…`: GET shows the page, POST does what its `action` says.

    `known` finds the reader; `save` and `ask_for_record` are false where they are gone by then; `leave` may
    be pressed twice; `erase` takes an id and whether to keep that they want no mail ever again.
    `ask_for_link` takes an id that may be nobody's, and the share that the visitor is counted in.
    """

    newsletter: Newsletter
    links: Links
    known: Callable[[str], Subscriber | None]
    save: Callable[[str, ManageForm], bool]
    ask_for_record: Callable[[str], bool]
    leave: Callable[[str], None]
    erase: Callable[[str, bool], bool]
    ask_for_link: Callable[[str, Share], None]
    visitors: Callable[[Request], Share]
    clock: Clock

    def __call__(self, request: Request) -> Response:
        """The answer: the page, a way to it or to a notice, or 410 where the link leads to nobody."""
        edition = edition_of(request, self.newsletter)
        try:
            only(request, "GET", "HEAD", "POST")
            if request.method != "POST":
                return self._shown(request, edition)
            if _deed(request) == "link":
                return self._link_asked(request, edition)
            subscriber_id = self._subscriber_id(request, language(edition.language))
            return self._act(request, edition, subscriber_id)
        except Problem as problem:
            return problem_for(request, problem, edition, self.newsletter)

    def _shown(self, request: Request, edition: Edition) -> Response:
        token = request.query.get("t", "")
        if not request.wants_json and self.links.is_for_link_alone(token):
            button = link_button(request, edition)
            return notice(HTTPStatus.GONE, edition, self.newsletter, "old_link", more=button)
        subscriber = self._reader(self._subscriber_id(request, language(edition.language)), edition)
        if request.wants_json:
            return json_answer(200, record_of(subscriber))
        return self._page(request, edition, subscriber, done=DONE.get(request.query.get("done", ""), ""))

    def _link_asked(self, request: Request, edition: Edition) -> Response:
        words = language(edition.language)
        try:
            subscriber_id = self.links.read_link_request(request.query.get("t", ""))
            self.ask_for_link(subscriber_id, self.visitors(request))
        except LinkError as error:
            raise _no_link(words) from error
        except ShareExceededError:
            raise too_many_requests(words, self.clock(), "link_busy") from None
        if request.wants_json:
            return json_answer(HTTPStatus.ACCEPTED, {"status": "link", "detail": words["link_text"]})
        return see_other(f"/{edition.id}/{NOTICES['link']}")

    def _act(self, request: Request, edition: Edition, subscriber_id: str) -> Response:
        words, fields = language(edition.language), request.fields()
        form = ManageForm.from_fields(fields, edition)
        match _deed(request):
            case "save":
                return self._saved(request, edition, subscriber_id, form)
            case "record":
                if not self.ask_for_record(subscriber_id):
                    raise _nobody(words)
                return self._again(request, edition, "record", HTTPStatus.ACCEPTED)
            case "leave":
                self.leave(subscriber_id)
                return self._ended(request, edition, "goodbye", "unsubscribed")
            case "erase":
                if not self.erase(subscriber_id, form.not_again):
                    raise _nobody(words)
                return self._ended(request, edition, "erased", "erased")
        raise Problem(HTTPStatus.UNPROCESSABLE_CONTENT, words["error_heading"], words["error_action"])

    def _saved(self, request: Request, edition: Edition, subscriber_id: str, form: ManageForm) -> Response:
        words, subscriber = language(edition.language), self._reader(subscriber_id, edition)
        errors = form.errors(self.newsletter)
        if errors and request.wants_json:
            told = {name: words[key] for name, key in errors.items()}
            return problem_answer(
                Problem(HTTPStatus.UNPROCESSABLE_CONTENT, words["error_heading"], errors=told)
            )
        if errors:
            return self._page(request, edition, subscriber, form=form, errors=errors)
        if not self.save(subscriber_id, form):
            raise _nobody(words)
        return self._again(request, edition, "saved", HTTPStatus.OK)

    def _again(self, request: Request, edition: Edition, done: str, status: int) -> Response:
        """Back to the page, which says what was done."""
        if request.wants_json:
            return json_answer(status, {"status": done, "detail": language(edition.language)[DONE[done]]})
        return see_other(f"{same_link(request, 'manage', edition)}&done={done}")

    @staticmethod
    def _ended(request: Request, edition: Edition, page: str, status: str) -> Response:
        """To a page that needs no link any more."""
        if request.wants_json:
            words = language(edition.language)
            return json_answer(200, {"status": status, "detail": words[f"{page}_heading"]})
        return see_other(f"/{edition.id}/{NOTICES[page]}")

    def _page(
        self,
        request: Request,
        edition: Edition,
        subscriber: Subscriber,
        *,
        form: ManageForm | None = None,
        errors: dict[str, str] | None = None,
        done: str = "",
    ) -> Response:
        words = language(edition.language)
        head = PageHead(
            edition,
            "api/manage",
            words["error_heading" if errors else "manage_heading"],
            public=False,
            sign_up=False,
            alternates=tuple(
                Alternate(other, f"api/{same_link(request, 'manage', other)}", exact=True)
                for other in self.newsletter.editions.values()
            ),
        )
        page = in_layout(
            "manage.html",
            head,
            self.newsletter,
            action=same_link(request, "manage", edition),
            chosen=form.audiences if form else subscriber.audiences,
            tongue=_tongue(form, errors or {}) or subscriber.language,
            tongues=[(code, language(code)["language_name"]) for code in languages(self.newsletter)],
            lines=record_lines(subscriber, words, self.newsletter),
            errors={"audience": "", "language": "", **(errors or {})},
            done=done,
        )
        return Response(HTTPStatus.UNPROCESSABLE_CONTENT if errors else HTTPStatus.OK, page.html)

    def _reader(self, subscriber_id: str, edition: Edition) -> Subscriber:
        subscriber = self.known(subscriber_id)
        if subscriber is None:
            raise _nobody(language(edition.language))
        return subscriber

    def _subscriber_id(self, request: Request, words: Language) -> str:
        try:
            return self.links.read_manage_token(request.query.get("t", ""))
        except LinkError as error:
            raise _no_link(words) from error


def _deed(request: Request) -> str:
    """What a form asks to be done."""
    return next(iter(request.fields().get("action", [])), "")


def _no_link(words: Language) -> Problem:
    return Problem(HTTPStatus.GONE, words["gone_heading"], words["gone_leave_text"])


def _nobody(words: Language) -> Problem:
    return Problem(HTTPStatus.GONE, words["nobody_heading"], words["nobody_text"])


def _tongue(form: ManageForm | None, errors: dict[str, str]) -> str:
    """The language that was chosen, if it can be."""
    return form.language if form and "language" not in errors else ""
