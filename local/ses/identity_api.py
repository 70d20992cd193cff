"""The operations of SES v2 on identities.

Source: botocore 1.43.106, sesv2 service model, for paths and shapes. Which regions have a DKIM zone of their
own: AWS General Reference, "Amazon SES endpoints and quotas"; SES may give an identity another one (SES v2
API, DkimAttributes.SigningHostedZone), which `signing_hosted_zone` does here.
"""

import base64
import hashlib
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.ses.checks import Json
from local.ses.emulator import SESEmulator
from local.ses.errors import Refusal, RefusedError
from local.ses.identities import VERIFIED, Identity

ONE = "/v2/email/identities/<name>"
STATUSES = ("PENDING", VERIFIED, "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED")
CHANGEABLE = ("verification", "dkim", "mail_from", "signing_hosted_zone")
ON_MX_FAILURE = ("USE_DEFAULT_VALUE", "REJECT_MESSAGE")
WITH_A_ZONE_OF_THEIR_OWN = {
    "af-south-1",
    "ap-northeast-3",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "il-central-1",
    "me-central-1",
    "us-gov-east-1",
}
KEY_LENGTH = "RSA_2048_BIT"


def add_identities(api: Blueprint, emulator: SESEmulator) -> None:
    """Add the routes."""
    identities, region = emulator.identities, emulator.region

    @api.get(ONE)
    def get_email_identity(name: str) -> Response:
        return jsonify(as_answer(identities.get(name), region))

    @api.post("/v2/email/identities")
    def create_email_identity() -> Response:
        body = _body()
        made = identities.create(_name(body), body.get("ConfigurationSetName") or "")
        answer = as_answer(made, region)
        shown = ("IdentityType", "VerifiedForSendingStatus", "DkimAttributes")
        return jsonify({name: answer[name] for name in shown})

    @api.delete(ONE)
    def delete_email_identity(name: str) -> Response:
        identities.delete(name)
        return jsonify({})

    @api.post("/v2/email/list-identities")
    def list_email_identities() -> Response:
        if _body().get("Filter"):
            raise RefusedError(Refusal.BAD_REQUEST, "The local SES lists all identities and knows no Filter.")
        return jsonify(EmailIdentities=[_listed(identity) for identity in identities.all().values()])

    @api.put(f"{ONE}/feedback")
    def put_feedback_attributes(name: str) -> Response:
        identities.change(name, forwards_feedback=bool(_body().get("EmailForwardingEnabled", False)))
        return jsonify({})

    @api.put(f"{ONE}/mail-from")
    def put_mail_from_attributes(name: str) -> Response:
        body = _body()
        on_mx_failure = body.get("BehaviorOnMxFailure") or ON_MX_FAILURE[0]
        if on_mx_failure not in ON_MX_FAILURE:
            raise RefusedError(
                Refusal.BAD_REQUEST, f"BehaviorOnMxFailure is one of {', '.join(ON_MX_FAILURE)}."
            )
        domain = body.get("MailFromDomain") or ""
        identities.change(name, mail_from_domain=domain, on_mx_failure=on_mx_failure)
        return jsonify({})


def as_answer(identity: Identity, region: str) -> Json:
    """GetEmailIdentity's answer."""
    return {
        "IdentityType": _kind(identity),
        "FeedbackForwardingStatus": identity.forwards_feedback,
        "VerifiedForSendingStatus": identity.is_verified,
        "VerificationStatus": identity.verification,
        "DkimAttributes": _dkim(identity, region),
        "MailFromAttributes": _mail_from(identity),
        "Policies": {},
        "Tags": [],
        **({"ConfigurationSetName": identity.configuration_set} if identity.configuration_set else {}),
    }


def hosted_zone(region: str) -> str:
    """Where a region's DKIM keys stand in DNS."""
    return f"dkim.{region}.amazonses.com" if region in WITH_A_ZONE_OF_THEIR_OWN else "dkim.amazonses.com"


def dkim_tokens(domain: str, region: str) -> list[str]:
    """Three names of 32 letters and digits, always the same for a domain in a region."""
    digests = (hashlib.sha256(f"{region} {domain} {number}".encode()).digest() for number in range(3))
    return [base64.b32encode(digest[:20]).decode().lower() for digest in digests]


def read_changes(changes: Any) -> dict[str, str]:  # noqa: ANN401  # whatever JSON came
    """What a control request may change of an identity.

    Raises:
        ValueError: it is not that; the text says what is wrong.
    """
    if not isinstance(changes, dict) or not set(changes) <= set(CHANGEABLE):
        raise ValueError(f"What can be said of an identity: {', '.join(CHANGEABLE)}.")
    for name, value in changes.items():
        if not isinstance(value, str) or (name != "signing_hosted_zone" and value not in STATUSES):
            raise ValueError(f"{name} is one of {', '.join(STATUSES)}.")
    return changes


def _kind(identity: Identity) -> str:
    return "DOMAIN" if identity.is_domain else "EMAIL_ADDRESS"


def _dkim(identity: Identity, region: str) -> Json:
    """Easy DKIM, which a domain has and an address by itself has not."""
    if not identity.is_domain:
        return {"SigningEnabled": False, "Status": "NOT_STARTED"}
    return {
        "SigningEnabled": True,
        "Status": identity.dkim,
        "Tokens": dkim_tokens(identity.name, region),
        "SigningHostedZone": identity.signing_hosted_zone or hosted_zone(region),
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


def _listed(identity: Identity) -> Json:
    return {
        "IdentityType": _kind(identity),
        "IdentityName": identity.name,
        "SendingEnabled": identity.is_verified,
        "VerificationStatus": identity.verification,
    }


def _name(body: Json) -> str:
    name = str(body.get("EmailIdentity") or "").strip()
    if "." not in name:
        raise RefusedError(Refusal.BAD_REQUEST, "EmailIdentity is a domain or an address.")
    return name


def _body() -> Json:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}
