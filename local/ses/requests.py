"""SendEmail and SendBulkEmail as they come in, checked and turned into one `Outgoing` a destination.

What the API's model constrains (headers, the number of entries) refuses the whole call; what only the service
checks (addresses, tags, template data) refuses its entry alone.
"""

from dataclasses import dataclass, field

from local.ses.addresses import checked_address
from local.ses.checks import (
    MOST_DESTINATIONS,
    Headers,
    Json,
    checked_addresses,
    checked_destination,
    checked_headers,
    checked_tags,
    checked_values,
)
from local.ses.errors import Refusal, RefusedError


@dataclass(frozen=True)
class Simple:
    """A message given part by part."""

    subject: str
    text: str | None
    html: str | None


@dataclass(frozen=True)
class Templated:
    """An inline template and the values for it; rendered only after the message was accepted, as SES does."""

    subject: str
    text: str | None
    html: str | None
    values: Json


@dataclass(frozen=True)
class Outgoing:
    """One message to one destination, valid as far as SES checks before it accepts."""

    sender: str
    to: tuple[str, ...]
    reply_to: tuple[str, ...]
    content: Simple | Templated
    headers: Headers = ()
    tags: dict[str, str] = field(default_factory=dict)
    configuration_set: str | None = None
    feedback_to: str = ""  # where SES mails bounces to; the sender, if empty


def read_single(body: Json) -> Outgoing:
    """SendEmail's body as one message.

    Raises:
        RefusedError: the call is invalid.
    """
    content, headers = _single_content(body.get("Content") or {})
    return Outgoing(
        sender=checked_address(body.get("FromEmailAddress") or ""),
        to=checked_destination(body.get("Destination") or {}),
        reply_to=checked_addresses(body.get("ReplyToAddresses")),
        content=content,
        headers=headers,
        tags=checked_tags(body.get("EmailTags")),
        configuration_set=body.get("ConfigurationSetName"),
        feedback_to=body.get("FeedbackForwardingEmailAddress") or "",
    )


def read_bulk(body: Json) -> list[Outgoing | RefusedError]:
    """SendBulkEmail's entries in order: a message each, or why this entry alone is refused.

    Per-entry template data wins key by key over the default data, and per-entry headers over the default ones
    of the same name. Source: tried on the real service, github.com/domdomegg/aws-ses-v2-local/pull/103;
    botocore's model, BulkEmailEntry.ReplacementHeaders.

    Raises:
        RefusedError: the whole call is invalid.
    """
    entries = body.get("BulkEmailEntries") or []
    if not entries:
        raise RefusedError(Refusal.BAD_REQUEST, "BulkEmailEntries is required.")
    if len(entries) > MOST_DESTINATIONS:
        raise RefusedError(Refusal.BAD_REQUEST, f"Recipient count exceeds {MOST_DESTINATIONS}.")
    template = (body.get("DefaultContent") or {}).get("Template") or {}
    for entry in entries:
        checked_headers(entry.get("ReplacementHeaders"))
    checked_headers(template.get("Headers"))
    checked_address(body.get("FromEmailAddress") or "")
    return [_entry(body, template, entry) for entry in entries]


def _entry(body: Json, template: Json, entry: Json) -> Outgoing | RefusedError:
    replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
    own_headers = checked_headers(entry.get("ReplacementHeaders"))
    own_names = {name.lower() for name, _ in own_headers}
    kept = tuple(
        pair for pair in checked_headers(template.get("Headers")) if pair[0].lower() not in own_names
    )
    try:
        values = checked_values(template.get("TemplateData")) | checked_values(
            replacement.get("ReplacementTemplateData")
        )
        return Outgoing(
            sender=body["FromEmailAddress"],
            to=checked_destination(entry.get("Destination") or {}),
            reply_to=checked_addresses(body.get("ReplyToAddresses")),
            content=_template(template, values),
            headers=kept + own_headers,
            tags=checked_tags(body.get("DefaultEmailTags")) | checked_tags(entry.get("ReplacementTags")),
            configuration_set=body.get("ConfigurationSetName"),
            feedback_to=body.get("FeedbackForwardingEmailAddress") or "",
        )
    except RefusedError as refused:
        return refused


def _single_content(content: Json) -> tuple[Simple | Templated, Headers]:
    if simple := content.get("Simple"):
        parts = simple.get("Body") or {}
        texts = {kind.lower(): (parts.get(kind) or {}).get("Data") for kind in ("Text", "Html")}
        subject = (simple.get("Subject") or {}).get("Data") or ""
        return _with_a_body(Simple(subject=subject, **texts)), checked_headers(simple.get("Headers"))
    if template := content.get("Template"):
        return _template(template, checked_values(template.get("TemplateData"))), checked_headers(
            template.get("Headers")
        )
    raise RefusedError(Refusal.BAD_REQUEST, "Content is required.")


def _with_a_body(content: Simple) -> Simple:
    if content.text is None and content.html is None:
        raise RefusedError(Refusal.BAD_REQUEST, "The message has no body.")
    return content


def _template(template: Json, values: Json) -> Templated:
    inline = template.get("TemplateContent")
    if inline is None:
        name = template.get("TemplateName") or template.get("TemplateArn") or ""
        raise RefusedError(Refusal.NO_TEMPLATE, f"Template {name} does not exist.")
    return Templated(inline.get("Subject") or "", inline.get("Text"), inline.get("Html"), values)
