"""Signed links."""

from broadsheet.aws.keyring import Keyring
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.settings import setting
from broadsheet.subscribers.link_tokens import Links


def make_links(aws: Resources) -> Links:
    """Links signed by the data keys that LinkKey wraps."""
    keyring = Keyring(aws.kms, setting("LINK_KEY"), aws.table("KEYS_TABLE"), "link", utc_now)
    return Links(keyring.current, keyring.key, lambda: utc_now().date())
