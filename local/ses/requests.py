"""The calls SendEmail and SendBulkEmail, checked and turned into one `Outgoing` for each destination.

A violation of the API's model (headers, the number of entries) refuses the whole call; one that only the
service finds (addresses, tags, template data) refuses the entry alone.
"""

from dataclasses import dataclass, field

from local.ses.checks import (
    MOST_DESTINATIONS,
    Headers,
    Json,
    checked_address,
    checked_addresses,
    checked_destination,
    checked_headers,
    checked_tags,
    checked_values,
)
from local.ses.errors import Refusal, RefusedError


@dataclass(frozen=True)
class Content:
    """A subject and one or two bodies; a template, to be filled with `values`, unless those are None."""

    subject: str
    text: str | None
    html: str | None
    values: Json | None = None


@dataclass(frozen=True)
class Outgoing:
    """One message to one destination that has passed every check SES makes before it accepts a message."""

    sender: str
    to: tuple[str, ...]
    reply_to: tuple[str, ...]
    content: Content
    headers: Headers = ()
    tags: dict[str, str] = field(default_factory=dict)
    configuration_set: str | None = None


def read_single(body: Json) -> Outgoing:
    """The message of a SendEmail call.

    Raises:
        RefusedError: the call is invalid.
    """
    simple = (body.get("Content") or {}).get("Simple")
    if not simple:
        raise RefusedError(Refusal.BAD_REQUEST, "Content is required.")
    parts = simple.get("Body") or {}
    text, html = ((parts.get(kind) or {}).get("Data") for kind in ("Text", "Html"))
    if text is None and html is None:
        raise RefusedError(Refusal.BAD_REQUEST, "The message has no body.")
    content = Content((simple.get("Subject") or {}).get("Data") or "", text, html)
    headers = checked_headers(simple.get("Headers"))
    return _outgoing(body, body, content, headers, checked_tags(body.get("EmailTags")))


def read_bulk(body: Json) -> list[Outgoing | RefusedError]:
    """The entries of a SendBulkEmail call in order: each a message, or why that entry alone is refused.

    An entry's template data overrides the default data key by key, and its headers the default ones of the
    same name. Source: tried on the real service, github.com/domdomegg/aws-ses-v2-local/pull/103; botocore's
    model, BulkEmailEntry.ReplacementHeaders.

    Raises:
        RefusedError: the whole call is invalid.
    """
    entries = body.get("BulkEmailEntries") or []
    if not entries:
        raise RefusedError(Refusal.BAD_REQUEST, "BulkEmailEntries is required.")
    if len(entries) > MOST_DESTINATIONS:
        raise RefusedError(Refusal.BAD_REQUEST, f"Recipient count exceeds {MOST_DESTINATIONS}.")
    template = (body.get("DefaultContent") or {}).get("Template") or {}
    if not template.get("TemplateContent"):
        raise RefusedError(Refusal.BAD_REQUEST, "The local SES knows inline templates only.")
    headers = [checked_headers(entry.get("ReplacementHeaders")) for entry in entries]
    defaults = checked_headers(template.get("Headers"))
    checked_address(body.get("FromEmailAddress") or "")
    return [
        _entry(body, template, entry, _merged(defaults, own))
        for entry, own in zip(entries, headers, strict=True)
    ]


def _entry(body: Json, template: Json, entry: Json, headers: Headers) -> Outgoing | RefusedError:
    replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    try:
        values = checked_values(template.get("TemplateData"))
        values |= checked_values(replacement.get("ReplacementTemplateData"))
        tags = checked_tags(body.get("DefaultEmailTags")) | checked_tags(entry.get("ReplacementTags"))
        inline = template["TemplateContent"]
        content = Content(inline.get("Subject") or "", inline.get("Text"), inline.get("Html"), values)
        return _outgoing(body, entry, content, headers, tags)
    except RefusedError as refused:
        return refused


def _outgoing(
    body: Json, addressed: Json, content: Content, headers: Headers, tags: dict[str, str]
) -> Outgoing:
    if body.get("FeedbackForwardingEmailAddress"):
        raise RefusedError(Refusal.BAD_REQUEST, "The local SES sends feedback only to the sender.")
    return Outgoing(
        sender=checked_address(body.get("FromEmailAddress") or ""),
        to=checked_destination(addressed.get("Destination") or {}),
        reply_to=checked_addresses(body.get("ReplyToAddresses")),
        content=content,
        headers=headers,
        tags=tags,
        configuration_set=body.get("ConfigurationSetName"),
    )


def _merged(defaults: Headers, own: Headers) -> Headers:
    own_names = {name.lower() for name, _ in own}
    return tuple(pair for pair in defaults if pair[0].lower() not in own_names) + own
