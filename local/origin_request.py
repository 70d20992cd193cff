"""What the CDN hands on of a viewer's request to the origin.

That is the path as the viewer wrote it, the headers and the query that the behaviour's origin request policy
lets through, and what the CDN adds itself.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Request
from werkzeug.datastructures import Headers

from local.distribution import Behaviour

VIEWER_ADDRESS = "CloudFront-Viewer-Address"
# Source: RFC 9110 section 7.6.1. These belong to one connection, and lengths are counted anew.
OF_THE_CONNECTION = {
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length",
}  # fmt: skip
# Source: CloudFront Developer Guide, request headers: these go to the origin whatever the policy says.
ALWAYS_FORWARDED = {
    "content-type", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
}  # fmt: skip


def raw_path(request: Request) -> str:
    """The path as the viewer wrote it, percent-encoding and all."""
    uri = _raw_uri(request)
    return urlsplit(uri).path if uri.startswith("http") else uri.partition("?")[0]


def forwarded_query(request: Request, behaviour: Behaviour) -> str:
    """The query string, as it was written, unless the policy says that none goes to the origin."""
    config = behaviour.origin_request.get("QueryStringsConfig", {})
    return "" if config.get("QueryStringBehavior") == "none" else _raw_uri(request).partition("?")[2]


def forwarded_headers(request: Request, behaviour: Behaviour) -> Headers:
    """The viewer's headers that may pass, and what the CDN adds; `Host` is left to the caller.

    A behaviour without a policy forwards everything here; on AWS nothing but the cache key would go through.

    Source: CloudFront API, OriginRequestPolicyHeadersConfig. CloudFront Developer Guide: the `allExcept`
    policy AllViewerExceptHostHeader brings "all device type and viewer location headers", this one included.
    """
    config = behaviour.origin_request.get("HeadersConfig", {"HeaderBehavior": "allExcept"})
    named = {name.lower() for name in config.get("Headers", {}).get("Items", [])}
    may_pass = _passage(config["HeaderBehavior"], named)
    headers = Headers()
    for name, value in request.headers.items():
        if may_pass(name.lower()):
            headers.add(name, value)
    cookies = behaviour.origin_request.get("CookiesConfig", {}).get("CookieBehavior", "all")
    if "Cookie" in request.headers and cookies != "none":
        headers["Cookie"] = request.headers["Cookie"]
    if VIEWER_ADDRESS.lower() in named or config["HeaderBehavior"] == "allExcept":
        headers[VIEWER_ADDRESS] = f"{request.remote_addr}:{request.environ.get('REMOTE_PORT', 0)}"
    headers.update(behaviour.origin.headers)
    return headers


def _passage(behaviour: str, named: set[str]) -> Callable[[str], bool]:
    """Which of the viewer's own headers may pass. What only the CDN may say never does."""

    def may_pass(name: str) -> bool:
        if name in OF_THE_CONNECTION or name in {"host", "cookie"} or name.startswith("cloudfront-"):
            return False
        by_policy = {"none": False, "whitelist": name in named, "allExcept": name not in named}
        return by_policy.get(behaviour, True) or name in ALWAYS_FORWARDED

    return may_pass


def _raw_uri(request: Request) -> str:
    """The request's target as it came; a test client has no such thing, so it is put together again."""
    query = request.query_string.decode("latin-1")
    rebuilt = request.path + (f"?{query}" if query else "")
    return str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or rebuilt)
