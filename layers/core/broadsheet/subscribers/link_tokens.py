"""The links in mails: opaque, signed, each for one purpose, their keys named so that they can rotate.

Shape: `<key id>.<subscriber id, base64url>[.<order id>].<signature>`; a confirmation also carries its time.
Nothing in a link is secret but the signature; nothing in it tells who the reader is.

A letter, which readers pass on, holds a link to leave and no other; none can be made of another. Before the
purpose `own-page` the page for leaving showed a manage link to whoever had a letter, the same one that
welcome mails held: so no manage link from then opens the page. Each still has a fresh one mailed to its
reader.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from itsdangerous import BadSignature, Signer, TimestampSigner
from itsdangerous.encoding import base64_encode, want_bytes

from broadsheet.subscribers.subscriber import PENDING_FOR

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"
MANAGE = "own-page"
FORMER_MANAGE = "manage"  # what whoever had a letter could make of its link: names a reader, opens nothing
ID_BYTES = 16
LONGEST_TOKEN = 300
_SPELLING = re.compile(r"[A-Za-z0-9_.-]*")  # base64 decoders overlook other characters


class LinkError(ValueError):
    """The token was not made by us, is damaged, or has expired. It says nothing about any reader."""


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation link stands for."""

    subscriber_id: str
    request_id: str


@dataclass(frozen=True)
class Links:
    """Makes and reads tokens.

    `current` is the id of the key to sign with; `key` gives the 32 bytes for a key id or None for an
    unknown one (an id comes from outside: the lookup must be harmless).
    """

    current: Callable[[], str]
    key: Callable[[str], bytes | None]
    _signers: "dict[str, _SteadySigner]" = field(default_factory=dict, repr=False, compare=False)

    def confirm_token(self, confirmation: Confirmation) -> str:
        """A token for the confirmation mail; it is good for 48 hours."""
        key_id = self.current()
        value = f"{key_id}.{_pack(confirmation.subscriber_id)}.{confirmation.request_id}"
        return self._timed(key_id).sign(value).decode()

    def read_confirm_token(self, token: str, valid_for: timedelta = PENDING_FOR) -> Confirmation:
        """What a confirmation token stands for.

        Raises:
            LinkError: forged, damaged or older than `valid_for`.
        """
        try:
            value = self._timed(_key_id(token)).unsign(token, max_age=int(valid_for.total_seconds())).decode()
            _, packed, request_id = value.split(".")
            return Confirmation(_unpack(packed), request_id)
        except (BadSignature, ValueError) as error:
            raise LinkError("not a valid confirmation link") from error

    def unsubscribe_token(self, subscriber_id: str) -> str:
        """A token for every mail of an issue; it never expires."""
        key_id = self.current()
        signer = self._signers.get(key_id)
        if signer is None:
            signer = self._signers[key_id] = _SteadySigner(self._known(key_id))
        return signer.sign(f"{key_id}.{_pack(subscriber_id)}").decode()

    def read_unsubscribe_token(self, token: str) -> str:
        """The id of the subscriber who may leave by it.

        Raises:
            LinkError: forged, damaged, or for another purpose.
        """
        return self._read_lasting_token(token, UNSUBSCRIBE)

    def manage_token(self, subscriber_id: str) -> str:
        """A token for the page on which a reader changes their subscription; it never expires."""
        key_id = self.current()
        return self._signer(key_id, MANAGE).sign(f"{key_id}.{_pack(subscriber_id)}").decode()

    def read_manage_token(self, token: str) -> str:
        """The id of the subscriber whose page it opens.

        Raises:
            LinkError: forged, damaged, or for another purpose.
        """
        return self._read_lasting_token(token, MANAGE)

    def read_link_request(self, token: str) -> str:
        """The id of the subscriber to whom a fresh manage link may be mailed: by any lasting link of theirs.

        Raises:
            LinkError: forged, damaged, or a confirmation.
        """
        for purpose in (UNSUBSCRIBE, FORMER_MANAGE):
            with contextlib.suppress(LinkError):
                return self._read_lasting_token(token, purpose)
        return self._read_lasting_token(token, MANAGE)

    def opens_no_page(self, token: str) -> bool:
        """Whether a token is sound and opens no page: its reader may have a fresh link mailed."""
        try:
            self.read_link_request(token)
        except LinkError:
            return False
        try:
            self.read_manage_token(token)
        except LinkError:
            return True
        return False

    def _read_lasting_token(self, token: str, purpose: str) -> str:
        try:
            value = self._signer(_key_id(token), purpose).unsign(token).decode()
            return _unpack(value.split(".")[1])
        except (BadSignature, ValueError) as error:
            raise LinkError("not a valid link") from error

    def _signer(self, key_id: str, purpose: str) -> Signer:
        return Signer(self._known(key_id), salt=purpose, digest_method=hashlib.sha256)

    def _timed(self, key_id: str) -> TimestampSigner:
        return TimestampSigner(self._known(key_id), salt=CONFIRM, digest_method=hashlib.sha256)

    def _known(self, key_id: str) -> bytes:
        key = self.key(key_id)
        if key is None:
            raise LinkError("signed under a key that we don't have")
        return key


class _SteadySigner(Signer):
    """Signs as its class does, the key derived and the hash begun once: a mailing signs for everybody."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key, salt=UNSUBSCRIBE, digest_method=hashlib.sha256)
        self._begun = hmac.new(self.derive_key(), digestmod=hashlib.sha256)

    def get_signature(self, value: str | bytes) -> bytes:
        """The signature."""
        mac = self._begun.copy()
        mac.update(want_bytes(value))
        return base64_encode(mac.digest())


def _key_id(token: str) -> str:
    if len(token) > LONGEST_TOKEN or not _SPELLING.fullmatch(token):
        raise LinkError("not a token")
    return token.split(".", 1)[0]


def _pack(subscriber_id: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(subscriber_id)).decode().rstrip("=")


def _unpack(packed: str) -> str:
    try:
        raw = base64.b64decode(packed + "==", altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise LinkError("not an id") from error
    if len(raw) != ID_BYTES:
        raise LinkError("not an id")
    return raw.hex()
