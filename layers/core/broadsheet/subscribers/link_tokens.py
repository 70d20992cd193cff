"""The tokens of the links in mails: opaque and signed, each for one purpose, with the id of their key.

Shape: `<key id>.<subscriber id, base64url>[.<request id>].<signature>`. A confirmation also has its time. A
manage link has the request by which its reader got their address, empty for the first one, and its day; those
of earlier releases have neither. Only the signature is secret; nothing in a token reveals who the reader is.

A letter, which readers pass on, contains an unsubscribe link only, and no other link can be derived from it.
Before the purpose `own-page`, the unsubscribe page showed a manage link to whoever had a letter, the same one
that welcome mails contained: so no manage link of that time opens the page. It can still have a fresh one
mailed to its reader.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from itsdangerous import BadSignature, Signer, TimestampSigner
from itsdangerous.encoding import base64_encode, want_bytes

from broadsheet.retention import PENDING

CONFIRM = "confirm"
UNSUBSCRIBE = "unsubscribe"
MANAGE = "own-page"
FORMER_MANAGE = "manage"  # a link that a letter led to: identifies a reader, and opens no page
ID_BYTES = 16
LONGEST_TOKEN = 300
_CHARACTERS = re.compile(r"[A-Za-z0-9_.-]*")  # base64 decoders skip others


class LinkError(ValueError):
    """The token is forged, damaged, expired or for another purpose."""


@dataclass(frozen=True)
class Confirmation:
    """The subscriber and the request that a link confirms."""

    subscriber_id: str
    request_id: str


@dataclass(frozen=True)
class ManageLink:
    """The subscriber of a manage link, the request by which they got their address, and the link's day.

    The day is None in links of earlier releases.
    """

    subscriber_id: str
    address_id: str = ""
    made_on: date | None = None


@dataclass(frozen=True)
class Links:
    """Makes and reads tokens.

    `current` returns the id of the key to sign with; `key` returns the 32 bytes of a key, None for an
    unknown id (which may be anything that a visitor sent); `today` is the day (UTC) for manage links.
    """

    current: Callable[[], str]
    key: Callable[[str], bytes | None]
    today: Callable[[], date]
    _signers: "dict[str, _UnsubscribeSigner]" = field(default_factory=dict, repr=False, compare=False)

    def confirm_token(self, confirmation: Confirmation) -> str:
        """A token for the confirmation mail; it is valid for 48 hours."""
        key_id = self.current()
        value = f"{key_id}.{_pack(confirmation.subscriber_id)}.{confirmation.request_id}"
        return self._timed(key_id).sign(value).decode()

    def read_confirm_token(self, token: str, valid_for: timedelta = PENDING) -> Confirmation:
        """The confirmation of a token.

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
        """A token for the letters to a reader; it never expires."""
        key_id = self.current()
        signer = self._signers.get(key_id)
        if signer is None:
            signer = self._signers[key_id] = _UnsubscribeSigner(self._signing_key(key_id))
        return signer.sign(f"{key_id}.{_pack(subscriber_id)}").decode()

    def read_unsubscribe_token(self, token: str) -> str:
        """The id of the subscriber whom it unsubscribes; raises LinkError."""
        return self._read_lasting_token(token, UNSUBSCRIBE)

    def manage_token(self, subscriber_id: str, address_id: str = "") -> str:
        """A token for the reader's own page, valid until they have another address; see `ManageLink`."""
        key_id = self.current()
        value = f"{key_id}.{_pack(subscriber_id)}.{address_id}.{self.today():%Y%m%d}"
        return self._signer(key_id, MANAGE).sign(value).decode()

    def read_manage_token(self, token: str) -> ManageLink:
        """What a manage link says; raises LinkError."""
        _, packed, *more = self._unsigned(token, MANAGE)
        if not more:
            return ManageLink(_unpack(packed))
        try:
            address_id, day = more
            return ManageLink(_unpack(packed), address_id, date.fromisoformat(day))
        except ValueError as error:
            raise LinkError("not a valid link") from error

    def read_link_request(self, token: str) -> str:
        """The id of the subscriber to whom a fresh manage link may be mailed; raises LinkError.

        Every token of theirs allows that, except a confirmation.
        """
        return self._read_lasting_token(token, UNSUBSCRIBE, FORMER_MANAGE, MANAGE)

    def opens_no_page(self, token: str) -> bool:
        """Whether a token is valid, and can only have a fresh manage link mailed to its reader."""
        try:
            self._read_lasting_token(token, UNSUBSCRIBE, FORMER_MANAGE)
        except LinkError:
            return False
        return True

    def _read_lasting_token(self, token: str, *purposes: str) -> str:
        return _unpack(self._unsigned(token, *purposes)[1])

    def _unsigned(self, token: str, *purposes: str) -> list[str]:
        for purpose in purposes:
            with contextlib.suppress(BadSignature, ValueError):
                parts = self._signer(_key_id(token), purpose).unsign(token).decode().split(".")
                _unpack(parts[1])
                return parts
        raise LinkError("not a valid link")

    def _signer(self, key_id: str, purpose: str) -> Signer:
        return Signer(self._signing_key(key_id), salt=purpose, digest_method=hashlib.sha256)

    def _timed(self, key_id: str) -> TimestampSigner:
        return TimestampSigner(self._signing_key(key_id), salt=CONFIRM, digest_method=hashlib.sha256)

    def _signing_key(self, key_id: str) -> bytes:
        key = self.key(key_id)
        if key is None:
            raise LinkError("signed with an unknown key")
        return key


class _UnsubscribeSigner(Signer):
    """Derives the key and starts the hash once, for a mailing signs a token for every reader."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key, salt=UNSUBSCRIBE, digest_method=hashlib.sha256)
        self._hmac = hmac.new(self.derive_key(), digestmod=hashlib.sha256)

    def get_signature(self, value: str | bytes) -> bytes:
        """The signature."""
        mac = self._hmac.copy()
        mac.update(want_bytes(value))
        return base64_encode(mac.digest())


def _key_id(token: str) -> str:
    if len(token) > LONGEST_TOKEN or not _CHARACTERS.fullmatch(token):
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
