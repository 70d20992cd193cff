"""The endpoints behind the CDN."""

from broadsheet.aws.metrics import count
from broadsheet.aws.resources import Resources
from broadsheet.aws.secrets import StackSecret
from broadsheet.settings import setting
from broadsheet.subscribers.endpoints.boundary import Endpoint, OriginGuard


def guarded(endpoint: Endpoint, aws: Resources) -> OriginGuard:
    """The endpoint, for requests that come by the CDN."""
    stack = setting("STACK")
    secret = StackSecret(lambda: aws.secrets, setting("ORIGIN_SECRET"))
    return OriginGuard(endpoint, secret, lambda: count(stack, "OriginRefused"))
