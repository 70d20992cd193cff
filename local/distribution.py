"""What the deployed CloudFront distribution says: which path goes where, and what is put on the answer.

Everything is read through MiniStack's CloudFront API, which gave back each of these properties as the
template set them (1.5.33): origins and their custom headers, behaviours, allowed methods, error responses,
response headers policies and origin request policies, the managed ones included. So nothing falls back to the
template's text.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local.cached import Cached
from local.stack import LocalStack

CACHEABLE_METHODS = ("HEAD", "GET")  # what a behaviour allows that names none


@dataclass(frozen=True)
class Origin:
    """Where a behaviour sends its requests. `headers` are what the CDN adds to each, secrets included."""

    domain: str
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AddedHeader:
    """A header that a response headers policy adds; `override` also over one that the origin gave."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class Behaviour:
    """One cache behaviour. `origin_request` is a policy in the CloudFront API's shape, or empty."""

    pattern: re.Pattern[str]
    origin: Origin
    methods: tuple[str, ...]
    added_headers: tuple[AddedHeader, ...] = ()
    removed_headers: tuple[str, ...] = ()
    origin_request: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorPage:
    """What a viewer gets in place of an origin's error."""

    path: str
    status: int


@dataclass(frozen=True)
class Distribution:
    """The distribution, ready to serve by. The last behaviour is the default one and matches every path."""

    root_object: str
    behaviours: tuple[Behaviour, ...]
    error_pages: dict[int, ErrorPage]

    def behaviour_for(self, path: str) -> Behaviour:
        """The first behaviour whose pattern matches, in the template's order, as CloudFront picks it."""
        return next(one for one in self.behaviours if one.pattern.fullmatch(path.removeprefix("/")))


def deployed_distribution(
    stack: LocalStack, clock: Callable[[], float] = time.monotonic
) -> Callable[[], Distribution]:
    """The stack's distribution (logical id `Distribution`) as it is deployed, at most five seconds old."""
    return Cached(partial(read_distribution, stack), clock)


def read_distribution(stack: LocalStack) -> Distribution:
    """The distribution and the policies that its behaviours name, in a handful of calls to the engine."""
    distribution_id, cloudfront = stack.physical("Distribution"), stack.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=distribution_id)["DistributionConfig"]
    origins = {one["Id"]: _origin(one) for one in _items(config.get("Origins"))}
    named = [*_items(config.get("CacheBehaviors")), {**config["DefaultCacheBehavior"], "PathPattern": "*"}]
    return Distribution(
        root_object=config.get("DefaultRootObject", ""),
        behaviours=tuple(_behaviour(one, origins, cloudfront) for one in named),
        error_pages={
            int(one["ErrorCode"]): ErrorPage(one["ResponsePagePath"], int(one["ResponseCode"]))
            for one in _items(config.get("CustomErrorResponses"))
            if "ResponsePagePath" in one
            if one.get("ResponsePagePath")
        },
    )


def path_pattern(pattern: str) -> re.Pattern[str]:
    """CloudFront's path pattern as a regular expression over the path without its leading slash.

    Source: CloudFront API, CacheBehavior.PathPattern: `*` is any run of characters, `?` exactly one, the case
    counts, and a leading slash is optional.
    """
    wildcards = {"*": ".*", "?": "."}
    text = "".join(wildcards.get(letter, re.escape(letter)) for letter in pattern.removeprefix("/"))
    return re.compile(text, re.DOTALL)


def _items(counted: dict[str, Any] | None) -> list[Any]:
    return (counted or {}).get("Items") or []


def _origin(one: dict[str, Any]) -> Origin:
    headers = {header["HeaderName"]: header["HeaderValue"] for header in _items(one.get("CustomHeaders"))}
    return Origin(domain=one["DomainName"], path=one.get("OriginPath", ""), headers=headers)


def _behaviour(
    one: dict[str, Any],
    origins: dict[str, Origin],
    cloudfront: Any,  # noqa: ANN401  # types-boto3 is locked without CloudFront
) -> Behaviour:
    policy: dict[str, Any] = {}
    if policy_id := one.get("ResponseHeadersPolicyId"):
        answer = cloudfront.get_response_headers_policy(Id=policy_id)
        policy = answer["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    origin_request: dict[str, Any] = {}
    if policy_id := one.get("OriginRequestPolicyId"):
        answer = cloudfront.get_origin_request_policy(Id=policy_id)
        origin_request = answer["OriginRequestPolicy"]["OriginRequestPolicyConfig"]
    return Behaviour(
        pattern=path_pattern(one["PathPattern"]),
        origin=origins[one["TargetOriginId"]],
        methods=tuple(_items(one.get("AllowedMethods"))) or CACHEABLE_METHODS,
        added_headers=tuple(_security_headers(policy.get("SecurityHeadersConfig", {})))
        + tuple(_custom_headers(policy)),
        removed_headers=tuple(item["Header"].lower() for item in _items(policy.get("RemoveHeadersConfig"))),
        origin_request=origin_request,
    )


def _custom_headers(policy: dict[str, Any]) -> list[AddedHeader]:
    items = _items(policy.get("CustomHeadersConfig"))
    return [AddedHeader(item["Header"], item["Value"], item["Override"]) for item in items]


def _security_headers(config: dict[str, Any]) -> list[AddedHeader]:
    """The policy's security headers, Strict-Transport-Security too: over http a browser must ignore it.

    Source: CloudFront API, ResponseHeadersPolicySecurityHeadersConfig; RFC 6797 section 8.1.
    """
    values: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
        "ContentTypeOptions": ("X-Content-Type-Options", lambda _: "nosniff"),
        "FrameOptions": ("X-Frame-Options", lambda one: str(one["FrameOption"])),
        "ReferrerPolicy": ("Referrer-Policy", lambda one: str(one["ReferrerPolicy"])),
        "ContentSecurityPolicy": ("Content-Security-Policy", lambda one: str(one["ContentSecurityPolicy"])),
        "StrictTransportSecurity": ("Strict-Transport-Security", _strict_transport_security),
        "XSSProtection": ("X-XSS-Protection", lambda one: "1" if one["Protection"] else "0"),
    }
    return [
        AddedHeader(name, value(config[key]), config[key].get("Override", False))
        for key, (name, value) in values.items()
        if key in config
    ]


def _strict_transport_security(one: dict[str, Any]) -> str:
    subdomains = "; includeSubDomains" if one.get("IncludeSubdomains") else ""
    return f"max-age={one['AccessControlMaxAgeSec']}{subdomains}{'; preload' if one.get('Preload') else ''}"
