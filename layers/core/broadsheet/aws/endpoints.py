"""The wiring that the endpoints behind the CDN share."""

from broadsheet.aws.metrics import count
from broadsheet.aws.resources import Resources
from broadsheet.aws.secrets import StackSecret
from broadsheet.settings import setting
from broadsheet.subscribers.endpoints.boundary import OriginGuard


def origin_guard(aws: Resources) -> OriginGuard:
    """The guard of the endpoints behind the CDN."""
    stack = setting("STACK")
    secret = StackSecret(lambda: aws.secrets, setting("ORIGIN_SECRET"))
    return OriginGuard(secret, lambda: count(stack, "OriginRefused"))
