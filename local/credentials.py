"""The credentials of one run of a local system; the engine refuses every request without them.

They are made at the start and deleted at the stop. AWS clients sign with the secret, as they would on AWS;
the gateway, which forwards what visitors send, puts the secret into the header `HEADER`.

Shape: `<state>/credentials`, as AWS's command line and SDKs read it (AWS_SHARED_CREDENTIALS_FILE).
"""

import configparser
import secrets
from pathlib import Path

from local import private
from local.stack import ACCESS_KEY, StackMissingError

HEADER = "X-Broadsheet-Run"


def file_of(state: Path) -> Path:
    """The file of the credentials."""
    return state / "credentials"


def make(state: Path) -> str:
    """Write a new secret, readable for the user alone, and return it. The one before is no longer valid."""
    secret = secrets.token_urlsafe(32)
    private.folder(state)
    text = f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {secret}\n"
    private.write(file_of(state), text)
    return secret


def secret_of(state: Path) -> str:
    """The secret of the run.

    Raises:
        StackMissingError: no local system has been started with this state.
    """
    found = configparser.RawConfigParser()
    if not found.read(file_of(state), encoding="utf-8"):
        raise StackMissingError(f"No local system is running with the state in {state}. Run: make up")
    return found["default"]["aws_secret_access_key"]


def forget(state: Path) -> None:
    """Delete them. A second call does nothing."""
    file_of(state).unlink(missing_ok=True)
