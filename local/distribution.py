"""The deployed CloudFront distribution: its origins, behaviours, error pages and policies.

They are read through MiniStack's CloudFront API, which returns all of these properties as the template set
them (1.5.33), managed policies included.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
    """One cache behaviour. `origin_request` is a policy in the CloudFront API's shape, or empty.

    `viewer_request` is the text of the function that gets each request first, or empty; `store` its key-value
    store, if it has one.
    """

    pattern: re.Pattern[str]
    origin: Origin
    methods: tuple[str, ...]
    added_headers: tuple[AddedHeader, ...] = ()
    removed_headers: tuple[str, ...] = ()
    origin_request: dict[str, Any] = field(default_factory=dict)
    viewer_request: str = ""
    store: Mapping[str, str] | None = None


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
        name = path.removeprefix("/")
        return next(behaviour for behaviour in self.behaviours if behaviour.pattern.fullmatch(name))


def read_distribution(stack: LocalStack, store: Callable[[], Mapping[str, str]] = dict) -> Distribution:
    """The distribution of the stack (logical id `Distribution`), with the policies of its behaviours.

    `store` gives the pairs of the key-value store of a function that has one.
    """
    distribution_id, cloudfront = stack.physical("Distribution"), stack.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=distribution_id)["DistributionConfig"]
    origins = {origin["Id"]: _origin(origin) for origin in _items(config.get("Origins"))}
    behaviours = [
        *_items(config.get("CacheBehaviors")),
        {**config["DefaultCacheBehavior"], "PathPattern": "*"},
    ]
    return Distribution(
        root_object=config.get("DefaultRootObject", ""),
        behaviours=tuple(_behaviour(behaviour, origins, cloudfront, store) for behaviour in behaviours),
        error_pages={
            int(error["ErrorCode"]): ErrorPage(error["ResponsePagePath"], int(error["ResponseCode"]))
            for error in _items(config.get("CustomErrorResponses"))
            if error.get("ResponsePagePath")
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


def _origin(config: dict[str, Any]) -> Origin:
    headers = {header["HeaderName"]: header["HeaderValue"] for header in _items(config.get("CustomHeaders"))}
    return Origin(domain=config["DomainName"], path=config.get("OriginPath", ""), headers=headers)


def _behaviour(
    config: dict[str, Any],
    origins: dict[str, Origin],
    cloudfront: Any,  # noqa: ANN401  # a client
    store: Callable[[], Mapping[str, str]],
) -> Behaviour:
    policy: dict[str, Any] = {}
    if policy_id := config.get("ResponseHeadersPolicyId"):
        answer = cloudfront.get_response_headers_policy(Id=policy_id)
        policy = answer["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
    origin_request: dict[str, Any] = {}
    if policy_id := config.get("OriginRequestPolicyId"):
        answer = cloudfront.get_origin_request_policy(Id=policy_id)
        origin_request = answer["OriginRequestPolicy"]["OriginRequestPolicyConfig"]
    custom = [
        AddedHeader(item["Header"], item["Value"], item["Override"])
        for item in _items(policy.get("CustomHeadersConfig"))
    ]
    function = _viewer_request(config)
    return Behaviour(
        pattern=path_pattern(config["PathPattern"]),
        origin=origins[config["TargetOriginId"]],
        methods=tuple(_items(config.get("AllowedMethods"))) or CACHEABLE_METHODS,
        added_headers=(*_security_headers(policy.get("SecurityHeadersConfig", {})), *custom),
        removed_headers=tuple(item["Header"].lower() for item in _items(policy.get("RemoveHeadersConfig"))),
        origin_request=origin_request,
        viewer_request=_text(function, cloudfront) if function else "",
        store=store() if function and _has_store(function, cloudfront) else None,
    )


def _viewer_request(config: dict[str, Any]) -> str:
    """The name of the behaviour's function; "" if it has none."""
    for association in _items(config.get("FunctionAssociations")):
        if association["EventType"] == "viewer-request":
            return str(association["FunctionARN"].rpartition("/")[2])
    return ""


def _text(function: str, cloudfront: Any) -> str:  # noqa: ANN401  # a client
    """The published text of the function."""
    return str(cloudfront.get_function(Name=function, Stage="LIVE")["FunctionCode"].read().decode())


def _has_store(function: str, cloudfront: Any) -> bool:  # noqa: ANN401  # a client
    config = cloudfront.describe_function(Name=function, Stage="LIVE")["FunctionSummary"]["FunctionConfig"]
    return bool(_items(config.get("KeyValueStoreAssociations")))


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
        "XSSProtection": ("X-XSS-Protection", lambda one: "1" if one["Protection"] else "0"),
    }
    return [
        AddedHeader(name, value(config[key]), config[key].get("Override", False))
        for key, (name, value) in values.items()
        if key in config
    ]


def _strict_transport_security(config: dict[str, Any]) -> str:
    subdomains = "; includeSubDomains" if config.get("IncludeSubdomains") else ""
    preload = "; preload" if config.get("Preload") else ""
    return f"max-age={config['AccessControlMaxAgeSec']}{subdomains}{preload}"
