"""What only the emulator has, as JSON under its prefix.

`settings`, `faults`, `throttled`, `messages`; `untracked`, the messages whose bounces no event is sure to
tell of; `identities/<name>`, to say what of an identity is verified.
"""

from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, jsonify, request

from local.ses.account import Settings
from local.ses.emulator import SESEmulator
from local.ses.errors import aws_error
from local.ses.faults import Faults, read_faults
from local.ses.identity_api import read_changes


def add_control_routes(api: Blueprint, emulator: SESEmulator, faults: Faults) -> None:
    """Add the routes."""

    @api.get("/settings")
    def settings() -> Response:
        return jsonify(asdict(emulator.account.settings))

    @api.put("/settings")
    def change_settings() -> Response:
        changes = request.get_json(force=True)
        wrong = _wrong_settings(changes)
        if wrong:
            return aws_error("BadRequestException", 400, wrong)
        return jsonify(asdict(emulator.account.change(**changes)))

    @api.get("/faults")
    def faults_to_come() -> Response:
        return jsonify(faults.to_come())

    @api.put("/faults")
    def script_faults() -> Response:
        try:
            faults.script(read_faults(request.get_json(force=True)))
        except ValueError as error:
            return aws_error("BadRequestException", 400, str(error))
        return jsonify(faults.to_come())

    _add_outcomes(api, emulator)
    _add_verification(api, emulator)


def _add_outcomes(api: Blueprint, emulator: SESEmulator) -> None:
    @api.get("/throttled")
    def throttled() -> Response:
        return jsonify(emulator.account.throttled)

    @api.get("/untracked")
    def untracked() -> Response:
        return jsonify(emulator.untracked)

    @api.get("/messages")
    def messages() -> Response:
        return jsonify([record.to_json() for record in emulator.outbox.records()])

    @api.delete("/messages")
    def empty() -> Response:
        emulator.outbox.empty()
        return Response(status=204)


def _add_verification(api: Blueprint, emulator: SESEmulator) -> None:
    @api.put("/identities/<name>")
    def change_identity(name: str) -> Response:
        try:
            changes = read_changes(request.get_json(force=True))
        except ValueError as error:
            return aws_error("BadRequestException", 400, str(error))
        return jsonify(asdict(emulator.identities.change(name, **changes)))


def _wrong_settings(changes: Any) -> str:  # noqa: ANN401  # whatever JSON came
    kinds = {field.name: field.type for field in fields(Settings)}
    if not isinstance(changes, dict) or not set(changes) <= set(kinds):
        return f"Settings are an object with some of: {', '.join(kinds)}."
    for name, value in changes.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if (kinds[name] is bool and not isinstance(value, bool)) or (kinds[name] is float and not number):
            return f"{name} has the wrong type."
    return ""
