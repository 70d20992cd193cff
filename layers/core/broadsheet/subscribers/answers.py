"""What the doors have in common: which methods they take, and how they say something in a reader's words."""

from http import HTTPStatus

from broadsheet.language import language
from broadsheet.newsletter import Edition, Newsletter
from broadsheet.site.frame import Head
from broadsheet.site.notices import message
from broadsheet.web import Problem, Request, Response, problem_answer


def only(request: Request, *methods: str) -> None:
    """Go on with these methods.

    Raises:
        Problem: any other (405).
    """
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "Method not allowed",
            f"This address takes {allowed}.",
            headers={"allow": allowed},
        )


def notice(
    status: int,
    edition: Edition,
    newsletter: Newsletter,
    words_for: str,
    button: dict[str, str] | None = None,
) -> Response:
    """A page with the heading and the text that the language keeps under `words_for`."""
    words = language(edition.language)
    head = Head(edition, f"api/{words_for}", words[f"{words_for}_heading"], public=False, sign_up=False)
    return Response(status, message(head, words[f"{words_for}_text"], newsletter, button).html)


def problem_for(request: Request, problem: Problem, edition: Edition, newsletter: Newsletter) -> Response:
    """The problem as JSON for a program, as a page for a person."""
    if request.wants_json:
        return problem_answer(problem)
    head = Head(edition, "api/problem", problem.title, public=False, sign_up=False)
    page = message(head, problem.detail, newsletter)
    return Response(problem.status, page.html, headers=problem.headers)
