"""The deployed CloudFront distribution: its origins, behaviours, error pages and policies.

They are read through MiniStack's CloudFront API, which returns all of these properties as the template set
them (1.5.33), managed policies included.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.cached import Cached
from local.stack import LocalStack

CACHEABLE_METHODS = ("HEAD", "GET")  # the methods of a behaviour that names none


@dataclass(frozen=True)
class Origin:
    """The target of a behaviour's requests. `headers` are added to each request, secrets included."""

    domain: str
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AddedHeader:
    """A header of a response headers policy; with `override` it replaces the origin's."""

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
    """The page that a viewer gets instead of an origin's error."""

    path: str
    status: int


@dataclass(frozen=True)
class Distribution:
    """The distribution. Its last behaviour is the default one and matches every path."""

    root_object: str
    behaviours: tuple[Behaviour, ...]
    error_pages: dict[int, ErrorPage]

    def behaviour_for(self, path: str) -> Behaviour:
        """The behaviour that CloudFront uses for a path: the first that matches, in the template's order."""
        return next(one for one in self.behaviours if one.pattern.fullmatch(path.removeprefix("/")))


def deployed_distribution(
    stack: LocalStack, clock: Callable[[], float] = time.monotonic
) -> Callable[[], Distribution]:
    """A reader of the deployed distribution; what it read is cached for five seconds."""
    return Cached(lambda: read_distribution(stack), clock)


def read_distribution(stack: LocalStack) -> Distribution:
    """The distribution of the stack (logical id `Distribution`), with the policies of its behaviours."""
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
            if one.get("ResponsePagePath")
        },
    )


def path_pattern(pattern: str) -> re.Pattern[str]:
    """CloudFront's path pattern as a regular expression over the path without its leading slash.

    Source: CloudFront API, CacheBehavior.PathPattern: `*` is any number of characters, `?` exactly one; the
    pattern is case-sensitive, and its leading slash is optional.
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
    custom = [
        AddedHeader(item["Header"], item["Value"], item["Override"])
        for item in _items(policy.get("CustomHeadersConfig"))
    ]
    return Behaviour(
        pattern=path_pattern(one["PathPattern"]),
        origin=origins[one["TargetOriginId"]],
        methods=tuple(_items(one.get("AllowedMethods"))) or CACHEABLE_METHODS,
        added_headers=(*_security_headers(policy.get("SecurityHeadersConfig", {})), *custom),
        removed_headers=tuple(item["Header"].lower() for item in _items(policy.get("RemoveHeadersConfig"))),
        origin_request=origin_request,
    )


def _security_headers(config: dict[str, Any]) -> list[AddedHeader]:
    """The policy's security headers. Browsers ignore Strict-Transport-Security over http.

    Source: CloudFront API, ResponseHeadersPolicySecurityHeadersConfig; RFC 6797 section 8.1.
    """
    values: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
        "ContentTypeOptions": ("X-Content-Type-Options", lambda _: "nosniff"),
        "FrameOptions": ("X-Frame-Options", lambda one: str(one["FrameOption"])),
        "ReferrerPolicy": ("Referrer-Policy", lambda one: str(one["ReferrerPolicy"])),
        "ContentSecurityPolicy": ("Content-Security-Policy", lambda one: str(one["ContentSecurityPolicy"])),
        "StrictTransportSecurity": ("Strict-Transport-Security", _strict_transport_security),
    }
    return [
        AddedHeader(name, value(config[key]), config[key].get("Override", False))
        for key, (name, value) in values.items()
        if key in config
    ]


def _strict_transport_security(one: dict[str, Any]) -> str:
    subdomains = "; includeSubDomains" if one.get("IncludeSubdomains") else ""
    return f"max-age={one['AccessControlMaxAgeSec']}{subdomains}{'; preload' if one.get('Preload') else ''}"
