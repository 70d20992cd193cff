"""An old site's addresses at the CDN: the deployed function, with a key-value store, asked one by one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infrastructure.old_addresses import normalised
from infrastructure.redirects import new_address_problem, old_address_problem, read_redirects
from local.edge import EdgeResponse, ViewerRequest, run_viewer_request
from tests.edge_function import deployed_code

CODE = deployed_code(has_redirects=True)
PAGE = "/en/2016-12-05/security-1.html"
FILE = f"""[redirects]
"/2016/12/a-bridge/" = "{PAGE}"
"/?p=123" = "{PAGE}"
"/?page_id=7" = "/en/about.html"
"/?cat=3" = "/en/topics/security/"
"/?m=201612" = "/en/archive/2016.html"
"/?lang=be" = "/be/"
"/2016/12/a-bridge/?lang=be" = "/be/2016-12-05/security-1.html"
"/2016/12/%d0%bc%d0%be%d1%81%d1%82/" = "/be/2016-12-05/"
"/2016/12/emoji-%F0%9F%8C%89/" = "/ru/2016-12-05/"
"/category/politics/" = "/en/topics/belarus-russia/"
"/page/2/" = "/en/archive/"
"/feed/" = "/en/feed.xml"
"/be/feed/" = "/be/feed.xml"
"/about-us.html" = "/en/about.html"
"/wp-content/uploads/2016/report.pdf" = "/media/2016/report.pdf"
"/be/a-post/" = "/be/2016-12-05/"
"/2016/" = "/en/archive/2016.html"
"""


class CountingStore(Mapping[str, str]):
    """A key-value store that counts its reads."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self.pairs, self.reads = pairs, list[str]()

    def __getitem__(self, key: str) -> str:
        self.reads.append(key)
        return self.pairs[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)


@pytest.fixture(scope="module")
def redirects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    file = tmp_path_factory.mktemp("redirects") / "redirects.toml"
    file.write_text(FILE, encoding="utf-8")
    return read_redirects(file, ("be", "en", "ru"))


def answer(store: Mapping[str, str], address: str, method: str = "GET") -> str:
    """`-> path` of a redirect, else the path that goes on to the bucket."""
    path, _, query = address.partition("?")
    found = run_viewer_request(CODE, ViewerRequest(method, path, query), store)
    if isinstance(found, EdgeResponse):
        assert found.status == 301
        return f"-> {dict(found.headers)['location']}"
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((old, PAGE) for old in ("/2016/12/a-bridge/", "/2016/12/a-bridge", "/2016/12/A-Bridge/")),
        *((old, PAGE) for old in ("//2016//12/a-bridge", "/2016/12/a%2dbridge/", "/2016/12%2Fa-bridge")),
        *((old, PAGE) for old in ("/2016/12/a-bridge/page/2/", "/2016/12/a-bridge/comment-page-1/")),
        *(
            (old, PAGE)
            for old in ("/2016/12/a-bridge/amp/", "/2016/12/a-bridge/feed/", "/2016/12/a-bridge/embed/")
        ),
        *((old, PAGE) for old in ("/index.php/2016/12/a-bridge/", "/2016/12/a-bridge/index.html")),
        *(
            (old, PAGE)
            for old in ("/2016/12/a-bridge/?utm_source=x&fbclid=y", "/2016/12/a-bridge/?replytocom=3")
        ),
        *(
            (old, PAGE)
            for old in ("/?p=123", "/index.php?p=123", "/?p=1&p=123", "/?utm_source=x&p=123&lang=be")
        ),
        ("/?page_id=7", "/en/about.html"),
        ("/?cat=3&paged=2", "/en/topics/security/"),
        ("/?m=201612", "/en/archive/2016.html"),
        ("/?lang=be", "/be/"),
        ("/2016/12/a-bridge/?lang=be", "/be/2016-12-05/security-1.html"),
        ("/2016/12/a-bridge/?lang=ru", PAGE),
        ("/2016/12/a-bridge/?m=1", PAGE),
        ("/2016/12/%D0%BC%D0%BE%D1%81%D1%82/", "/be/2016-12-05/"),
        ("/2016/12/%d0%bc%d0%be%d1%81%d1%82", "/be/2016-12-05/"),
        ("/2016/12/%D0%9C%D0%9E%D0%A1%D0%A2/page/2/", "/be/2016-12-05/"),
        ("/2016/12/мост/", "/be/2016-12-05/"),
        ("/2016/12/emoji-%f0%9f%8c%89", "/ru/2016-12-05/"),
        ("/category/politics/page/31/", "/en/topics/belarus-russia/"),
        ("/category/politics/feed/atom/", "/en/topics/belarus-russia/"),
        ("/page/2/", "/en/archive/"),
        ("/page/17", "/en/archive/"),
        ("/feed", "/en/feed.xml"),
        ("/feed/rss2/", "/en/feed.xml"),
        ("/be/feed/", "/be/feed.xml"),
        ("/about-us.html", "/en/about.html"),
        ("/wp-content/uploads/2016/report.pdf", "/media/2016/report.pdf"),
        ("/be/a-post", "/be/2016-12-05/"),
        ("/2016", "/en/archive/2016.html"),
    ],
)
def test_an_old_address_leads_to_its_page_in_one_hop(redirects: dict[str, str], old: str, new: str) -> None:
    assert answer(redirects, old) == answer(redirects, old, "HEAD") == f"-> {new}"
    assert answer(redirects, new) == (f"{new}index.html" if new.endswith("/") else new)


@pytest.mark.parametrize(
    "address",
    [
        *("/en/", "/en/2016-12-05/", PAGE, "/en/feed.xml", "/", "/?fbclid=1", "/be/", "/en/about.html"),
        *("/media/2016/report.pdf", "/robots.txt", "/2016/12/another-bridge.html", "/?p=124", "/?p="),
    ],
)
def test_other_addresses_are_answered_as_without_redirects(redirects: dict[str, str], address: str) -> None:
    assert answer(redirects, address) == answer({}, address)
    assert not answer(redirects, address).startswith("->")


@pytest.mark.parametrize(
    ("address", "reads"),
    [
        *(
            (address, [])
            for address in ("/", "/?utm_source=x", PAGE, "/en/2016-12-05/", "/_x", "/api/subscribe")
        ),
        *((address, []) for address in ("/media/a.png", "/assets/a.css", "/drafts/a/en/", f"/{'a' * 2048}")),
        ("/en/", ["/en"]),
        ("/a/?p=1", ["/a?p=1", "/a"]),
        ("/?p=1", ["/?p=1"]),
        ("/2016/12/a-bridge/page/2/?utm_source=x", ["/2016/12/a-bridge"]),
    ],
)
def test_the_store_is_read_at_most_twice_and_only_if_needed(address: str, reads: list[str]) -> None:
    store = CountingStore({})
    answer(store, address)
    assert store.reads == reads


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "/en/\r\nX: y",
        "javascript:alert(1)",
        "",
        "evil",
        "/%0d",
    ],
)
def test_whatever_the_store_holds_a_reader_stays_on_the_site(address: str) -> None:
    assert answer({"/a/b.txt": address}, "/a/b.txt") == "/a/b.txt"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "//evil.test",
            "//evil.test/",
            "/\\evil.test",
            "/%5Cevil.test",
            "/%2f/evil.test/",
            "/%2F%2Fevil.test",
        ),
        *(
            "/a%0d%0aLocation:%20https://evil.test",
            "/https://evil.test",
            "/javascript:alert(1)",
            "/。evil.test",
        ),
        *(
            "/⁄⁄evil.test",
            "/／evil.test",
            "/@evil.test",
            "/evil.test%00",
            "/..//evil.test",
            "/%252f/evil.test",
        ),
    ],
)
def test_no_request_leads_to_another_site(redirects: dict[str, str], path: str) -> None:
    for query in ("", "?p=//evil.test", "?p=%0d%0a", "?lang=../..", "?m[]=1"):
        found = answer(redirects, path + query)
        assert not found.startswith("->") or found.startswith("-> /evil")


def test_a_store_that_does_not_answer_leaves_every_page_where_it_is() -> None:
    broken = CODE.replace("const redirects = cf.kvs();", "const redirects = { get: () => { throw 1; } };")
    assert broken != CODE
    for code in (broken, broken.replace("throw 1", "return Promise.reject(1)")):
        for path, page in {"/en/": "/en/index.html", "/a/b.txt": "/a/b.txt"}.items():
            assert run_viewer_request(code, ViewerRequest("GET", path, "p=1"), {}) == page


JAVASCRIPT_FORM = (
    CODE
    + """
handler = async (event) => ({
  statusCode: 301,
  headers: { form: { value:
    normalisedPath(event.request.uri) + (countingField(event.request.querystring) ? '?' : '') +
    countingField(event.request.querystring) } },
});
"""
)


def form_in_javascript(address: str) -> str:
    path, _, query = address.partition("?")
    found = run_viewer_request(JAVASCRIPT_FORM, ViewerRequest("GET", path, query), {})
    assert isinstance(found, EdgeResponse)
    return dict(found.headers)["form"]


PARTS = (
    *(
        "/",
        "//",
        "index.php",
        "index.html",
        "page/2",
        "page/",
        "amp",
        "feed",
        "atom",
        "rss2",
        "be",
        "a-b",
        "А",
        "Я",
    ),
    *(
        "ё",
        "Ў",
        "İ",
        "ΑΣ",
        "ß",
        "%D0%90",
        "%d0%b0",
        "%D0",
        "%",
        "%zz",
        "%2F",
        "%25",
        "%0A",
        "%00",
        "🌉",
        "%F0%9F%8C%89",
    ),
    *(
        "%ED%A0%80",
        "%C0%AF",
        "Q",
        "ǅ",
        "\u2028",
        " ",
        "+",
        ";",
        ".",
        "..",
        "comment-page-3",
        "trackback",
        "embed",
    ),
    *("%EF%BB%BF", "\\", "%5C", "12", "é", "É", "e\u0301", "index.htm", "1234567"),
)
FIELDS = (
    "p=1",
    "p=2",
    "P=3",
    "p=",
    "p",
    "page_id=Aa",
    "cat=%31",
    "lang=BE",
    "m=201612",
    "utm_source=x",
    "=",
    "p=1=2",
)


@given(
    st.lists(st.sampled_from(PARTS), max_size=9).map("".join),
    st.lists(st.sampled_from(FIELDS), max_size=4).map("&".join),
)
@example("index.php/index.html", "p=1&p=2")
@example("%D0%B0" * 100, "")
@example("/page/2/feed/amp/", "lang=be&lang=%2F")
@example("a" * 600, "m=" + "1" * 65)
def test_the_cdn_and_the_file_take_the_same_form_of_an_address(path: str, query: str) -> None:
    address = f"/{path}" + (f"?{query}" if query else "")
    assert form_in_javascript(address) == normalised(address)


@given(st.text(st.characters(exclude_characters="?#", codec="utf-8"), max_size=40))
def test_the_form_is_the_same_for_any_letters(path: str) -> None:
    assert form_in_javascript(f"/{path}") == normalised(f"/{path}")


@given(
    st.lists(st.sampled_from([*PARTS, "en", "2016-12-05", "api", "_", "pl", "archive"]), max_size=5).map(
        "/".join
    )
)
def test_whatever_the_file_accepts_is_redirected(path: str) -> None:
    old = f"/{path}"
    if "?" not in old and "#" not in old and not old_address_problem(old, ("en",)):
        assert answer({normalised(old): PAGE}, old) == f"-> {PAGE}"


def test_new_addresses_are_answered_without_another_redirect(tmp_path: Path) -> None:
    for new in (
        "/",
        "/en/",
        "/en/2016-12-05-extra/",
        "/en/topics/a-b/",
        "/en/archive/",
        "/en/archive/2016.html",
    ):
        assert new_address_problem(new, ("en",)) is None
        assert answer({}, new) == (f"{new}index.html" if new.endswith("/") else new)


HOME = "news.example.org"
CODE_WITH_HOME = deployed_code(has_redirects=True, home=HOME)
CODE_IN_CAPITALS = deployed_code(has_redirects=True, home="News.Example.org")  # as somebody may write it


def location(host: str, address: str) -> str:
    """Where a request to a host is redirected; the path that goes on to the bucket otherwise."""
    path, _, query = address.partition("?")
    request = ViewerRequest("GET", path, query, (("host", host),))
    found = run_viewer_request(CODE_WITH_HOME, request, {"/2016/12/a-bridge": PAGE})
    return dict(found.headers)["location"] if isinstance(found, EdgeResponse) else found


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/2016/12/a-bridge/?utm_source=x", PAGE),
        ("/", "/"),
        ("/en/?a=1&b=%D1%8B", "/en/?a=1&b=%D1%8B"),
        ("/en/about?a=1", "/en/about.html?a=1"),
        ("/en/feed.xml", "/en/feed.xml"),
        ("//evil.test/", "//evil.test/"),
        ("/\\evil.test", "/\\evil.test"),
        ("/@evil.test/a.b", "/@evil.test/a.b"),
    ],
)
def test_another_name_of_the_site_leads_to_the_first_in_one_hop(address: str, target: str) -> None:
    for host in ("www.example.org", "old.example.net", f"www.{HOME}", f"{HOME}.evil.test"):
        found = location(host, address)
        assert found == f"https://{HOME}{target}"
        assert urlsplit(found).hostname == HOME


def test_the_first_name_answers_as_a_site_with_one_name() -> None:
    for host in (HOME, HOME.upper()):
        assert location(host, "/en/") == "/en/index.html"
        request = ViewerRequest("GET", "/en/", "", (("host", host),))
        assert run_viewer_request(CODE_IN_CAPITALS, request, {}) == "/en/index.html"
        assert location(host, "/2016/12/a-bridge/") == PAGE
        assert location(host, "/en/about") == "/en/about.html"
