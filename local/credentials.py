"""The credentials of one run of a local system: whoever has them may ask its engine, and nobody else.

Made when it starts, forgotten when it stops. AWS clients sign with the secret, as they would on AWS; the
front, which hands on what visitors send, says it in the header `HEADER`.

Shape: `<state>/credentials`, as AWS's command line and SDKs read it (AWS_SHARED_CREDENTIALS_FILE).
"""

import configparser
import io
import secrets
from pathlib import Path

from local import private
from local.stack import ACCESS_KEY, StackMissingError

HEADER = "X-Broadsheet-Run"
SECTION, KEY_ID, SECRET = "default", "aws_access_key_id", "aws_secret_access_key"


def file_of(state: Path) -> Path:
    """Where they lie."""
    return state / "credentials"


def make(state: Path) -> str:
    """A new secret, written down for those who may read the state; the one before is worth nothing then."""
    secret = secrets.token_urlsafe(32)
    written = configparser.RawConfigParser()
    written[SECTION] = {KEY_ID: ACCESS_KEY, SECRET: secret}
    text = io.StringIO()
    written.write(text)
    private.folder(state)
    private.write(file_of(state), text.getvalue())
    return secret


def secret_of(state: Path) -> str:
    """The secret of the run.

    Raises:
        StackMissingError: no local system has been started with this state.
    """
    found = configparser.RawConfigParser()
    if not found.read(file_of(state), encoding="utf-8"):
        raise StackMissingError(f"No local system runs with the state in {state}. Run: make up")
    return found[SECTION][SECRET]


def forget(state: Path) -> None:
    """Remove them. A second call does nothing."""
    file_of(state).unlink(missing_ok=True)
