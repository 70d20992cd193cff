"""The CloudFront function that finds a folder's page: the deployed file itself, in a JavaScript engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.edge import EdgeFunctionError, EdgeResponse, ViewerRequest, run_viewer_request
from tests.edge_function import deployed_code
from tests.fakes.publishing import PublishingSystem

CODE = deployed_code(has_redirects=False)
CODE_WITH_STORE = deployed_code(has_redirects=True)
TEXT = "---\ntitle: A title\nsummary: A summary.\n---\n## security\n\n### A quiet border\n\nNothing moved.\n"
LARGEST_BYTES = 10_240  # Source: CloudFront Developer Guide, "Quotas on CloudFront Functions"


def answer(path: str, query: str = "", method: str = "GET") -> str:
    """`-> path` of a redirect, else the path that goes on to the bucket; with a key-value store the same."""
    found = run_viewer_request(CODE, ViewerRequest(method, path, query))
    assert run_viewer_request(CODE_WITH_STORE, ViewerRequest(method, path, query), {"/old": "/en/"}) == found
    if isinstance(found, EdgeResponse):
        assert found.status == 301
        return f"-> {dict(found.headers)['location']}"
    return found


@pytest.mark.parametrize(
    "folder", ["/", "/en/", "/be/2016-12-12/", "/ru/topics/security/", "/drafts/aB_c-1/en/"]
)
def test_a_folder_is_answered_with_its_page(folder: str) -> None:
    assert answer(folder) == f"{folder}index.html"
    assert answer(folder, "fbclid=1", "HEAD") == f"{folder}index.html"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("/en", "/en/"),
        ("/en/2016-12-12", "/en/2016-12-12/"),
        ("/EN/", "/en/"),
        ("/Be/2016-12-12", "/be/2016-12-12/"),
        ("//", "/"),
        ("//en//", "/en/"),
        ("/en//2016-12-12/", "/en/2016-12-12/"),
        ("/%65n/", "/en/"),
        ("/en%2F2016-12-12", "/en/2016-12-12/"),
        ("/en/2016%2D12%2D12/", "/en/2016-12-12/"),
        ("/Drafts/aB_c-1", "/drafts/aB_c-1/"),
    ],
)
def test_a_folder_has_one_address_to_which_other_spellings_lead(written: str, address: str) -> None:
    assert answer(written) == f"-> {address}"
    assert answer(address) == f"{address}index.html"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("/en/about", "/en/about.html"),
        ("/en/about/", "/en/about.html"),
        ("/BE//privacy", "/be/privacy.html"),
        ("/ru/%61bout", "/ru/about.html"),
        ("/en%2Fabout", "/en/about.html"),
        ("/en/index", "/en/index.html"),
        ("/en/check-your-mail", "/en/check-your-mail.html"),
        ("/en/archive/2016", "/en/archive/2016.html"),
        ("/en/topics/security/2016", "/en/topics/security/2016.html"),
        ("/en/2016-12-12/security-1", "/en/2016-12-12/security-1.html"),
        ("/drafts/aB_c-1/en/2016-12-12/mail", "/drafts/aB_c-1/en/2016-12-12/mail.html"),
    ],
)
def test_a_page_is_found_by_its_address_without_the_ending(written: str, address: str) -> None:
    assert answer(written) == f"-> {address}"
    assert answer(address) == address


def test_every_page_of_the_site_is_one_redirect_away_from_its_address_without_ending() -> None:
    system = PublishingSystem()
    for issue in ("2015-12-28", "2016-12-05-extra"):
        system.upload(issue, "en.md", TEXT)
        system.publish(issue)
    system.desk.objects["drafts/2016-12-12/en.md"] = TEXT.encode()
    system.preview_draft()("2016-12-12")
    pages = [f"/{path}" for path in system.site.objects if path.endswith(".html")]
    assert [len([page for page in pages if part in page]) for part in ("/drafts/", "security-1")] == [3, 3]
    for page in pages:
        name = page.removesuffix(".html")
        if page.endswith("/index.html"):
            folder = page.removesuffix("index.html")
            assert (answer(folder), answer(folder.rstrip("/") or "//")) == (page, f"-> {folder}"), page
        elif page != "/404.html":
            assert (answer(name), answer(f"{name}/"), answer(page)) == (f"-> {page}", f"-> {page}", page)


@pytest.mark.parametrize(
    "path",
    [
        *("/en/index.html", "/en/2016-12-12/security-1.html", "/en/feed.xml", "/assets/style-1a2b.css"),
        *("/favicon.ico", "/.well-known/security.txt", "/EN/Index.HTML", "/en/index.html/"),
        *("/api", "/api/", "/api/subscribe", "/API/manage", "//api/manage", "/%61pi/confirm"),
        *(
            "/en/..",
            "/en/./",
            "/en;a/",
            "/en /",
            "/en/%00/",
            "/%E0%A4%A/",
            "/%",
            "/бел/",
            "/%D0%B1/",
            "/%2565n/",
        ),
    ],
)
def test_files_the_api_and_unusual_paths_go_on_as_they_were_written(path: str) -> None:
    assert answer(path, "t=token") == path


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test/..",
        "//evil.test",
        "/\\evil.test/",
        "/%5Cevil.test",
        "/%2F%2Fevil.test/",
        "///evil.test/%2e%2e",
        "/en/..%2F..//evil.test/about",
        "/%2F%5Cevil.test%2Fabout",
    ],
)
def test_a_redirect_to_another_site_can_t_be_written(path: str) -> None:
    assert answer(path) == path


@given(st.text(alphabet="/\\.:@%2F5cCeEn-_ ?#\t\r\nз", max_size=12))
def test_a_redirect_stays_on_the_site_whatever_the_path(path: str) -> None:
    address = answer(f"/{path}").removeprefix("-> ")
    if address != f"/{path}":
        assert not address.startswith(("//", "/\\"))
        assert set(address) <= set("/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("a=1", "?a=1"),
        ("a=1&b=%D1%8B%26&c=x+y", "?a=1&b=%D1%8B%26&c=x+y"),
        ("a=1&a=2", "?a=1&a=2"),
        ("__proto__=1&constructor=2", "?__proto__=1&constructor=2"),
        ("to=//evil.test", "?to=//evil.test"),
        ("", ""),
    ],
)
def test_a_redirect_keeps_the_query_as_it_was_written(query: str, kept: str) -> None:
    assert answer("/en", query) == f"-> /en/{kept}"
    assert answer("/en/about", query) == f"-> /en/about.html{kept}"


def test_the_function_is_within_cloudfront_s_limits() -> None:
    assert len(CODE_WITH_STORE.encode()) < LARGEST_BYTES
    assert "import" not in CODE  # nothing but the language, so no network either
    assert CODE_WITH_STORE.count("import") == 1
    assert CODE_WITH_STORE.startswith("import cf from 'cloudfront';\n")


@pytest.mark.parametrize(
    "code",
    [
        "function other() {}",
        "function handler(event) { throw new Error('x'); }",
        "function handler(event) { for (;;) {} }",
        "function handler(event) { const all = []; for (;;) { all.push('x'.repeat(99999)); } }",
        "function handler(event) { return undefined; }",
        "function handler(event) { return '/en/index.html'; }",
        "function handler(event) { return null; }",
        "async function handler(event) { throw new Error('x'); }",
        "async function handler(event) { for (;;) { await null; } }",
        "async function handler(event) { await null; for (;;) {} }",
        "function handler(event) { return new Promise(() => {}); }",
        "const redirects = cf.kvs(); function handler(event) { return event.request; }",
        "import other from 'crypto'; function handler(event) { return event.request; }",
        "function handler(event) { event.request.method = 'PUT'; return event.request; }",
        "function handler(",
    ],
)
def test_a_function_that_fails_or_changes_more_than_the_path_is_an_error(code: str) -> None:
    with pytest.raises(EdgeFunctionError):
        run_viewer_request(code, ViewerRequest("GET", "/en/"))


def test_a_function_may_promise_its_answer() -> None:
    code = "async function handler(event) { await null; return event.request; }"
    assert run_viewer_request(code, ViewerRequest("GET", "/en/")) == "/en/"
