"""The emulator's own requests, which SES does not have, as JSON under the same prefix.

settings, faults     GET, PUT       throttled, untracked  GET
messages             GET, DELETE    identities/<name>     PUT: what of the identity is verified
"""

from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.ses.account import Settings
from local.ses.emulator import SESEmulator
from local.ses.errors import Refusal, RefusedError
from local.ses.faults import Faults, read_faults
from local.ses.identity_api import read_changes


def add_control_routes(api: Blueprint, emulator: SESEmulator, faults: Faults) -> None:
    """Add the routes."""
    account, outbox = emulator.account, emulator.outbox
    api.add_url_rule("/settings", "settings", lambda: jsonify(asdict(account.settings)))
    api.add_url_rule("/faults", "faults", lambda: jsonify(faults.to_json()))
    api.add_url_rule("/throttled", "throttled", lambda: jsonify(account.throttled))
    api.add_url_rule("/untracked", "untracked", lambda: jsonify(emulator.untracked))
    api.add_url_rule("/messages", "messages", lambda: jsonify([one.to_json() for one in outbox.records()]))

    @api.put("/settings")
    def change_settings() -> Response:
        return jsonify(asdict(account.change(**_read_settings(request.get_json(force=True)))))

    @api.put("/faults")
    def script_faults() -> Response:
        faults.script(read_faults(request.get_json(force=True)))
        return jsonify(faults.to_json())

    @api.delete("/messages")
    def empty() -> Response:
        outbox.empty()
        return Response(status=204)

    @api.put("/identities/<name>")
    def change_identity(name: str) -> Response:
        changes = read_changes(request.get_json(force=True))
        return jsonify(asdict(emulator.identities.change(name, **changes)))


def _read_settings(changes: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    types = {field.name: field.type for field in fields(Settings)}
    if not isinstance(changes, dict) or not set(changes) <= set(types):
        raise RefusedError(Refusal.BAD_REQUEST, f"Settings are an object with some of: {', '.join(types)}.")
    for name, value in changes.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (isinstance(value, bool) if types[name] is bool else is_number):
            raise RefusedError(Refusal.BAD_REQUEST, f"{name} has the wrong type.")
    return changes
