"""Reads our pages as a person does: their words, and what can be clicked."""

from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag

from broadsheet.http import Request, Response
from broadsheet.subscribers.endpoints.boundary import Endpoint, OriginGuard, respond

PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True)
class ShownPage:
    """A page's texts; `button` is the action of its form and the button's label."""

    status: int
    language: str
    heading: str
    text: str
    button: tuple[str, str] | None = None


def response_of(endpoint: Endpoint, request: Request, guard: OriginGuard | None = None) -> Response:
    """The response of an endpoint; an exception behind it is not turned into one."""

    def failed() -> None:
        raise  # noqa: PLE0704  # called while the exception is being handled

    return respond(endpoint, request, failed, guard)


def shown_page(response: Response) -> ShownPage:
    """A page's texts; asserts that search engines may not list it."""
    page = soup(response)
    assert page.find("meta", attrs={"name": "robots", "content": "noindex"})
    main = one(page, "main")
    form = main.find("form")
    button = (str(form["action"]), one(form, "button").text) if isinstance(form, Tag) else None
    return ShownPage(
        response.status,
        str(one(page, "html")["lang"]),
        one(main, "h1").text,
        one(main, "p", **{"class": "lead"}).text,
        button,
    )


def soup(response: Response) -> BeautifulSoup:
    """The page as a tree."""
    return BeautifulSoup(response.body, "html.parser")


def one(place: Tag, name: str, /, **attributes: Any) -> Tag:
    """The only element of that name and those attributes."""
    [found] = place.find_all(name, attrs=attributes)
    assert isinstance(found, Tag)
    return found


def headers(response: Response) -> dict[str, str]:
    """All headers of the answer."""
    sent: dict[str, str] = response.to_event()["headers"]
    return sent
