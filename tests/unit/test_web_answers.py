"""The responses of the HTTP API."""

from typing import Any

import pytest

from broadsheet.http import Problem, Response, json_response, problem_response, see_other

WHOLE_PROBLEM = (
    '{"type": "about:blank", "title": "Title", "status": 422, "detail": "Detail",'
    ' "errors": [{"field": "email", "detail": "Look"}]}'
)


@pytest.mark.parametrize(
    ("response", "status", "headers", "body"),
    [
        (
            Response(200, "<p>Добры дзень</p>"),
            200,
            {"content-type": "text/html; charset=utf-8"},
            "<p>Добры дзень</p>",
        ),
        (see_other("/en/"), 303, {"content-type": "text/html; charset=utf-8", "location": "/en/"}, ""),
        (json_response(202, {"a": "б"}), 202, {"content-type": "application/json"}, '{"a": "б"}'),
        (
            problem_response(Problem(410, "Gone")),
            410,
            {"content-type": "application/problem+json"},
            '{"type": "about:blank", "title": "Gone", "status": 410}',
        ),
        (
            problem_response(Problem(422, "Title", "Detail", {"email": "Look"}, {"allow": "POST"})),
            422,
            {"content-type": "application/problem+json", "allow": "POST"},
            WHOLE_PROBLEM,
        ),
    ],
    ids=["page", "redirect", "JSON", "problem", "whole problem"],
)
def test_an_answer_leaves_as(response: Response, status: int, headers: dict[str, str], body: str) -> None:
    always = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    answer: dict[str, Any] = {"statusCode": status, "headers": {**always, **headers}, "body": body}

    sent = response.to_event()
    assert {**sent, "body": sent["body"].rstrip(" ")} == {**answer, "isBase64Encoded": False}
