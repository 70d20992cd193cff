"""The wiring that the endpoints behind the CDN share."""

from functools import cache

from broadsheet.aws.metrics import count
from broadsheet.aws.resources import Resources
from broadsheet.settings import setting
from broadsheet.subscribers.endpoints.boundary import OriginGuard


def origin_guard(aws: Resources) -> OriginGuard:
    """The guard of the endpoints behind the CDN; its secret is read at the first request."""
    stack, arn = setting("STACK"), setting("ORIGIN_SECRET")

    @cache
    def secret() -> str:
        return aws.secrets.get_secret_value(SecretId=arn)["SecretString"]

    return OriginGuard(secret, lambda: count(stack, "OriginRefused"))
