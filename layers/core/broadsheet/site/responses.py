"""What the endpoints answer: JSON for a program; for a person a page in the words of an edition.

Nothing here knows issues, so that the endpoints load nothing that renders them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import quote

from broadsheet.http import Problem, Request, Response, json_response, problem_response, see_other
from broadsheet.language import Language, language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.layout import NO_ERRORS, Alternate, Page, PageHead, in_layout

RETRY_AFTER = {"retry-after": "120"}  # seconds
NOTICES = {
    "check": "check-your-mail.html",
    "subscribed": "subscribed.html",
    "moved": "new-address.html",
    "goodbye": "goodbye.html",
    "erased": "erased.html",
    "link": "link-on-its-way.html",
}
# Problems whose own words are for programs, and what a page says.
PAGE_WORDS: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "unreadable",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "unreadable",
    HTTPStatus.CONTENT_TOO_LARGE: "unreadable",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unreadable",
}
Button = Mapping[str, str]


def message_page(
    edition: Edition,
    path: str,
    heading: str,
    text: str,
    newsletter: Newsletter,
    *,
    alternates: tuple[Alternate, ...] = (),
    button: Button | None = None,
    more: Button | None = None,
) -> Page:
    """A page of a few words; `button` posts, and so does `more`, a plainer button below it."""
    head = PageHead(edition, path, heading, alternates=alternates, public=False, sign_up=False)
    return in_layout("message.html", head, newsletter, text=text, button=button, more=more)


def sign_up_form(
    edition: Edition,
    newsletter: Newsletter,
    *,
    typed: str,
    meant: str,
    chosen: Iterable[str],
    errors: Mapping[str, str],
) -> Page:
    """The sign-up form as it was sent, with the error of each field beside it; one without was accepted.

    If an address is `meant`, it is in the form in place of the typed one, and the page asks whether it is.
    """
    heading = language(edition.language)["error_heading" if errors else "check_heading"]
    head = PageHead(edition, "api/subscribe", heading, public=False, sign_up=False)
    return in_layout(
        "sign_up.html",
        head,
        newsletter,
        typed=typed,
        meant=meant,
        chosen=list(chosen),
        accepted=not errors,
        errors={**NO_ERRORS, **errors, **({"email": ""} if meant else {})},
    )


@dataclass(frozen=True)
class Reply:
    """Answers one request in the words of `edition`."""

    request: Request
    newsletter: Newsletter
    edition: Edition

    @property
    def words(self) -> Language:
        """The words of the edition's language."""
        return language(self.edition.language)

    def problem(self, problem: Problem) -> Response:
        """The problem as JSON for a program; for a person a page in the edition's language."""
        if self.request.wants_json:
            return problem_response(problem)
        heading, text = problem.title, problem.detail
        if name := PAGE_WORDS.get(problem.status):
            heading, text = self.words[f"{name}_heading"], self.words[f"{name}_text"]
        page = message_page(self.edition, "api/problem", heading, text, self.newsletter)
        return Response(problem.status, page.html, headers=problem.headers)

    def notice(
        self, status: int, name: str, button: Button | None = None, more: Button | None = None
    ) -> Response:
        """A page with the heading and the text that the language has under `name`; see `message_page`."""
        heading, text = self.words[f"{name}_heading"], self.words[f"{name}_text"]
        path = f"api/{name}"
        page = message_page(self.edition, path, heading, text, self.newsletter, button=button, more=more)
        return Response(status, page.html)

    def done(self, status: int, state: str, detail: str, location: str) -> Response:
        """The state and the words under `detail` for a program; a person is redirected to `location`."""
        if self.request.wants_json:
            return json_response(status, {"status": state, "detail": self.words[detail]})
        return see_other(location)

    def notice_path(self, name: str) -> str:
        """The path of a notice of the site."""
        return f"/{self.edition.id}/{NOTICES[name]}"

    def same_link(self, endpoint: str, edition: Edition | None = None) -> str:
        """The requested link at an endpoint, relative to the API; by default in the same edition's words."""
        return f"{endpoint}?t={quote(self.request.query.get('t', ''))}&in={(edition or self.edition).id}"

    def link_button(self) -> Button:
        """The button that asks for a fresh link to the reader's page, to be mailed to the reader."""
        return {
            "action": self.same_link("manage"),
            "action_name": "link",
            "label": self.words["link_button"],
            "hint": self.words["link_hint"],
        }

    def refusal(
        self, status: int, name: str, text: str = "", headers: Mapping[str, str] | None = None
    ) -> Problem:
        """A problem with the heading that the language keeps under `name`, and its text or that of `text`."""
        words = self.words
        return Problem(
            status, words[f"{name}_heading"], words[text or f"{name}_text"], headers=dict(headers or {})
        )

    def too_many_requests(self, name: str, now: datetime) -> Problem:
        """The visitor's network has used its share of the day (429); shares are renewed at midnight, UTC."""
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
        retry_after = str(int((midnight - now).total_seconds()))
        return self.refusal(HTTPStatus.TOO_MANY_REQUESTS, name, headers={"retry-after": retry_after})

    def unavailable(self) -> Problem:
        """Something failed on our side (503); says when to try again."""
        return self.refusal(HTTPStatus.SERVICE_UNAVAILABLE, "failed", headers=RETRY_AFTER)

    def require_method(self, *methods: str) -> None:
        """Raises Problem for any other method (405)."""
        if self.request.method not in methods:
            allowed = ", ".join(methods)
            detail, headers = f"This address takes {allowed}.", {"allow": allowed}
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed", detail, headers=headers)
