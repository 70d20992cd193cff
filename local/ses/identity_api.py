"""The operations of SES v2 on identities.

Source: botocore 1.43.106, sesv2 service model, for paths and shapes. SES may give an identity a DKIM zone
other than the usual one (SES v2 API, DkimAttributes.SigningHostedZone), as `signing_hosted_zone` does here.
"""

import base64
import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from infrastructure.dns_records import HOSTED_ZONE
from local.ses.checks import Json
from local.ses.errors import Refusal, RefusedError
from local.ses.identities import VERIFIED, Identities, Identity

ONE = "/v2/email/identities/<name>"
STATUSES = ("PENDING", VERIFIED, "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED")
CHANGEABLE = ("verification", "dkim", "mail_from", "signing_hosted_zone")
ON_MX_FAILURE = ("USE_DEFAULT_VALUE", "REJECT_MESSAGE")
KEY_LENGTH = "RSA_2048_BIT"


def add_identities(api: Blueprint, identities: Identities) -> None:
    """Add the routes."""

    @api.get(ONE)
    def get_email_identity(name: str) -> Response:
        return jsonify(as_answer(identities.get(name)))

    @api.post("/v2/email/identities")
    def create_email_identity() -> Response:
        body = request.get_json(force=True)
        name = str(body.get("EmailIdentity") or "").strip()
        if "." not in name:
            raise RefusedError(Refusal.BAD_REQUEST, "EmailIdentity is a domain or an address.")
        answer = as_answer(identities.create(name, body.get("ConfigurationSetName") or ""))
        shown = ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")
        return jsonify({member: answer[member] for member in shown})

    @api.delete(ONE)
    def delete_email_identity(name: str) -> Response:
        identities.delete(name)
        return jsonify({})

    @api.put(f"{ONE}/feedback")
    def put_feedback_attributes(name: str) -> Response:
        forwards = bool(request.get_json(force=True).get("EmailForwardingEnabled"))
        identities.change(name, forwards_feedback=forwards)
        return jsonify({})

    @api.put(f"{ONE}/mail-from")
    def put_mail_from_attributes(name: str) -> Response:
        body = request.get_json(force=True)
        domain = body.get("MailFromDomain") or ""
        on_mx_failure = body.get("BehaviorOnMxFailure") or ON_MX_FAILURE[0]
        if on_mx_failure not in ON_MX_FAILURE:
            text = f"BehaviorOnMxFailure is one of {', '.join(ON_MX_FAILURE)}."
            raise RefusedError(Refusal.BAD_REQUEST, text)
        identities.change(name, mail_from_domain=domain, on_mx_failure=on_mx_failure)
        return jsonify({})


def as_answer(identity: Identity) -> Json:
    """GetEmailIdentity's answer."""
    return {
        "IdentityType": "DOMAIN" if identity.is_domain else "EMAIL_ADDRESS",
        "FeedbackForwardingStatus": identity.forwards_feedback,
        "VerifiedForSendingStatus": identity.is_verified,
        "VerificationStatus": identity.verification,
        "DkimAttributes": _dkim(identity),
        "MailFromAttributes": _mail_from(identity),
        "Policies": {},
        "Tags": [],
        **({"ConfigurationSetName": identity.configuration_set} if identity.configuration_set else {}),
    }


def read_changes(changes: Any) -> dict[str, str]:  # noqa: ANN401  # any JSON
    """The changes of an identity in a control request.

    Raises:
        RefusedError: the request has anything else.
    """
    if not isinstance(changes, dict) or not set(changes) <= set(CHANGEABLE):
        text = f"What can be said of an identity: {', '.join(CHANGEABLE)}."
        raise RefusedError(Refusal.BAD_REQUEST, text)
    for name, value in changes.items():
        if not isinstance(value, str) or (name != "signing_hosted_zone" and value not in STATUSES):
            raise RefusedError(Refusal.BAD_REQUEST, f"{name} is one of {', '.join(STATUSES)}.")
    return changes


def _dkim(identity: Identity) -> Json:
    """The attributes of Easy DKIM, which only domains have."""
    if not identity.is_domain:
        return {"SigningEnabled": False, "Status": "NOT_STARTED"}
    digests = (hashlib.sha256(f"{identity.name} {number}".encode()).digest() for number in range(3))
    return {
        "SigningEnabled": True,
        "Status": identity.dkim,
        "Tokens": [base64.b32encode(digest[:20]).decode().lower() for digest in digests],
        "SigningHostedZone": identity.signing_hosted_zone or HOSTED_ZONE,
        "SigningAttributesOrigin": "AWS_SES",
        "NextSigningKeyLength": KEY_LENGTH,
        "CurrentSigningKeyLength": KEY_LENGTH,
    }


def _mail_from(identity: Identity) -> Json:
    attributes: Json = {"BehaviorOnMxFailure": identity.on_mx_failure}
    if identity.mail_from_domain:
        attributes["MailFromDomain"] = identity.mail_from_domain
        attributes["MailFromDomainStatus"] = identity.mail_from
    return attributes
