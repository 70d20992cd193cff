"""SES v2's REST API as boto3 speaks it.

`POST v2/email/outbound-emails`, `POST v2/email/outbound-bulk-emails`, `GET v2/email/account`, and operations
on identities (`identity_api.py`); the answer to any other operation names the operation.

Source: botocore 1.43.106, sesv2 service model: paths, shapes, and errors as `x-amzn-ErrorType` with a JSON
`message`.
"""

from botocore.exceptions import BotoCoreError
from flask import Blueprint, Flask, Response, jsonify, request

from local.ses.checks import Json
from local.ses.control_api import add_control_routes
from local.ses.emulator import SESEmulator
from local.ses.errors import Refusal, RefusedError, aws_error
from local.ses.faults import Faults, InjectedFault, answer_or_fail
from local.ses.identity_api import add_identities
from local.ses.outbox import SUPPRESSED
from local.ses.requests import Outgoing, read_bulk, read_single

PREFIX = "/_local/ses"
LARGEST_TEMPLATED_REQUEST = 1024 * 1024  # Source: SES Developer Guide, inline templates: 1 MB of JSON


def install(app: Flask, emulator: SESEmulator, faults: Faults) -> None:
    """Add the API to an application, and count again what earlier runs accepted."""
    for record in emulator.outbox.records():
        if record.is_feedback:
            continue
        emulator.account.restore(record.accepted_at, record.to)
    for address, _ in emulator.outbox.store.entries(SUPPRESSED):
        emulator.account.suppress(address)
    app.register_blueprint(_ses_api(emulator, faults))


def _ses_api(emulator: SESEmulator, faults: Faults) -> Blueprint:
    api = Blueprint("ses", __name__, url_prefix=PREFIX)

    @api.post("/v2/email/outbound-emails")
    def send_email() -> Response:
        return answer_or_fail(faults, emulator.account, lambda _: _single(emulator), is_bulk=False)

    @api.post("/v2/email/outbound-bulk-emails")
    def send_bulk_email() -> Response:
        return answer_or_fail(faults, emulator.account, lambda fault: _bulk(emulator, fault), is_bulk=True)

    @api.get("/v2/email/account")
    def get_account() -> Response:
        return jsonify(_account(emulator))

    add_identities(api, emulator.identities)

    @api.route("/v2/<path:operation>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def anything_else(operation: str) -> Response:
        text = f"The local SES has no {request.method} /v2/{operation}."
        return aws_error("NotImplementedException", 501, text)

    add_control_routes(api, emulator, faults)
    api.register_error_handler(RefusedError, _refused)
    api.register_error_handler(BotoCoreError, _no_engine)
    return api


def _no_engine(error: BotoCoreError) -> Response:
    text = f"The local engine did not answer ({type(error).__name__})."
    return aws_error("InternalServiceErrorException", 500, text)


def _refused(error: RefusedError) -> Response:
    return aws_error(error.refusal.error_type, error.refusal.http_status, str(error))


def _body() -> Json:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise RefusedError(Refusal.BAD_REQUEST, "The request body is not JSON.")
    if "DefaultContent" in body and len(request.get_data()) > LARGEST_TEMPLATED_REQUEST:
        raise RefusedError(Refusal.BAD_REQUEST, "The request is larger than 1 MB.")
    return body


def _single(emulator: SESEmulator) -> Response:
    return jsonify(MessageId=emulator.accept(read_single(_body())))


def _bulk(emulator: SESEmulator, fault: InjectedFault | None) -> Response:
    """The answer to SendBulkEmail. A sender that is not verified refuses the whole call."""
    came_at = emulator.clock()
    entries = read_bulk(_body())
    if fault:
        refusals = map(fault.refusal_of, range(len(entries)))
        entries = [RefusedError(why) if why else entry for why, entry in zip(refusals, entries, strict=True)]
    sender = next((entry.sender for entry in entries if isinstance(entry, Outgoing)), None)
    if sender:
        emulator.identity_of(sender)
    return jsonify(BulkEmailEntryResults=[_result(emulator, entry, came_at) for entry in entries])


def _result(emulator: SESEmulator, entry: Outgoing | RefusedError, came_at: float) -> Json:
    try:
        if isinstance(entry, RefusedError):
            raise entry
        return {"Status": "SUCCESS", "MessageId": emulator.accept(entry, came_at)}
    except RefusedError as refused:
        return {"Status": refused.refusal.bulk_status, "Error": str(refused)}


def _account(emulator: SESEmulator) -> Json:
    settings = emulator.account.settings
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": not settings.sandbox,
        "SendQuota": {
            "Max24HourSend": settings.quota,
            "MaxSendRate": settings.rate,
            "SentLast24Hours": float(emulator.account.sent_last_24_hours()),
        },
        "SendingEnabled": settings.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }
