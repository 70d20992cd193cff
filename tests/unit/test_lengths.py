"""What a network that counts bytes sees: answers and notices of one length each."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.http import (
    HTML,
    PADDED_TO_BYTES,
    Problem,
    Response,
    json_response,
    padded,
    problem_response,
    see_other,
)
from broadsheet.site.responses import NOTICES, sign_up_form
from broadsheet.site.static_pages import static_pages
from local.distribution import path_pattern
from tests.builders import the_sample_newsletter
from tests.from_template import the_template


def length(response: Response) -> int:
    return len(response.to_event()["body"].encode())


@given(st.text(), st.integers(1, 64))
def test_padded_text_is_a_multiple_of_so_many_bytes_and_reads_the_same(text: str, multiple: int) -> None:
    longer = padded(text.rstrip(" "), multiple)
    assert len(longer.encode("utf-8", "replace")) % multiple == 0
    assert longer.rstrip(" ") == text.rstrip(" ")


def test_answers_of_one_kind_have_one_length_and_read_as_before() -> None:
    answers = [json_response(202, {"status": "accepted", "detail": words}) for words in ("a", "ж" * 200)]
    problems = [problem_response(Problem(410, title)) for title in ("Gone", "Няма")]
    for kind in (answers, problems, [Response(200, "<p>a"), Response(200, "<p>" + "ж" * 3_000)]):
        assert {length(one) for one in kind} == {PADDED_TO_BYTES[kind[0].content_type]}
    assert [json.loads(one.to_event()["body"])["detail"] for one in answers] == ["a", "ж" * 200]


def test_an_answer_without_a_body_stays_without_one() -> None:
    assert length(see_other("/en/subscribed.html")) == 0


def test_the_pages_after_a_form_have_one_length_in_all_languages() -> None:
    newsletter = the_sample_newsletter()
    notices = [page for page in static_pages(newsletter) if page.path.partition("/")[2] in NOTICES.values()]
    assert len(notices) == len(NOTICES) * len(newsletter.editions)
    assert {len(page.html.encode()) for page in notices} == {PADDED_TO_BYTES[HTML]}


@pytest.mark.parametrize("errors", [{"email": "error_email", "audience": "error_audience_missing"}, {}])
@pytest.mark.parametrize("meant", ["", f"{'a' * 64}@gmail.com"])
def test_the_form_that_comes_back_has_the_length_of_other_pages_of_the_endpoints(
    errors: dict[str, str], meant: str
) -> None:
    newsletter = the_sample_newsletter()
    pages = [
        sign_up_form(e, newsletter, typed="a" * 254, meant=meant, chosen=["en"], errors=errors)
        for e in newsletter.editions.values()
    ]
    assert {length(Response(422, page.html)) for page in pages} == {PADDED_TO_BYTES[HTML]}


@pytest.fixture(scope="module")
def behaviours() -> list[dict[str, Any]]:
    config = the_template()["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return [*config["CacheBehaviors"], {**config["DefaultCacheBehavior"], "PathPattern": "*"}]


@pytest.mark.parametrize(
    "path", ["api/subscribe", "api/manage", *(f"be/{name}" for name in NOTICES.values())]
)
def test_the_cdn_compresses_neither_answers_nor_notices(behaviours: list[dict[str, Any]], path: str) -> None:
    taken = next(one for one in behaviours if path_pattern(one["PathPattern"]).fullmatch(path))
    assert taken.get("Compress", False) is False  # Source: CloudFront API, CacheBehavior: false by default


def test_the_cdn_compresses_what_is_read(behaviours: list[dict[str, Any]]) -> None:
    taken = next(one for one in behaviours if path_pattern(one["PathPattern"]).fullmatch("be/index.html"))
    assert taken["Compress"] is True
