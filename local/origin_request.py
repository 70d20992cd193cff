"""The parts of a viewer's request that the CDN forwards to the origin.

They are the path as the viewer wrote it, the headers and the query that the behaviour's origin request policy
allows, and the headers that the CDN adds.
"""

from urllib.parse import urlsplit

from flask import Request
from werkzeug.datastructures import Headers

from local.distribution import Behaviour

VIEWER_ADDRESS = "CloudFront-Viewer-Address"
# Source: RFC 9110 section 7.6.1. These belong to one connection; the length is computed again.
HOP_BY_HOP = {
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length",
}  # fmt: skip
# Source: CloudFront Developer Guide, request headers: these go to the origin under every policy.
ALWAYS_FORWARDED = {
    "content-type", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
}  # fmt: skip


def raw_path(request: Request) -> str:
    """The path as the viewer wrote it, percent-encoding and all."""
    uri = _raw_uri(request)
    return urlsplit(uri).path if uri.startswith("http") else uri.partition("?")[0]


def raw_query(request: Request) -> str:
    """The query string as the viewer wrote it."""
    return _raw_uri(request).partition("?")[2]


def forwarded_query(request: Request, behaviour: Behaviour) -> str:
    """The query string as the viewer wrote it; empty if the policy forwards none."""
    config = behaviour.origin_request.get("QueryStringsConfig", {})
    return "" if config.get("QueryStringBehavior") == "none" else raw_query(request)


def forwarded_headers(request: Request, behaviour: Behaviour) -> Headers:
    """The viewer's headers that the policy allows and those that the CDN adds, without `Host`.

    Without a policy every header is forwarded; on AWS only those of the cache key would be.

    Source: CloudFront API, OriginRequestPolicyHeadersConfig. CloudFront Developer Guide: the `allExcept`
    policy AllViewerExceptHostHeader adds "all device type and viewer location headers", with this one.
    """
    config = behaviour.origin_request.get("HeadersConfig", {"HeaderBehavior": "allExcept"})
    policy, named = (
        config["HeaderBehavior"],
        {name.lower() for name in config.get("Headers", {}).get("Items", [])},
    )
    headers = Headers()
    for name, value in request.headers.items():
        if _is_forwarded(name.lower(), policy, named):
            headers.add(name, value)
    cookies = behaviour.origin_request.get("CookiesConfig", {}).get("CookieBehavior", "all")
    if "Cookie" in request.headers and cookies != "none":
        headers["Cookie"] = request.headers["Cookie"]
    if VIEWER_ADDRESS.lower() in named or policy == "allExcept":
        headers[VIEWER_ADDRESS] = f"{request.remote_addr}:{request.environ.get('REMOTE_PORT', 0)}"
    headers.update(behaviour.origin.headers)
    return headers


def _is_forwarded(name: str, policy: str, named: set[str]) -> bool:
    """Whether a header of the viewer is forwarded; those that only the CDN may set never are."""
    if name in HOP_BY_HOP or name in {"host", "cookie"} or name.startswith("cloudfront-"):
        return False
    by_policy = {"none": False, "whitelist": name in named, "allExcept": name not in named}
    return by_policy.get(policy, True) or name in ALWAYS_FORWARDED


def _raw_uri(request: Request) -> str:
    """The request's target as the viewer wrote it; rebuilt under a test client, which has none."""
    query = request.query_string.decode("latin-1")
    rebuilt = request.path + (f"?{query}" if query else "")
    return str(request.environ.get("RAW_URI") or rebuilt)
