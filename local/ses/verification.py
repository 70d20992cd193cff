"""Who may send and, in the sandbox, be sent to.

Source: SES Developer Guide, "Amazon SES API errors": the error lists every identity that failed the check,
and in the sandbox recipients have to pass it, too, but for the mailbox simulator. Recorded answers show the
form: the region in capitals (github.com/WPManageNinja/fluent-smtp/issues/61), a sender with its display name
(github.com/mettle/sendportal/issues/94), several joined by commas
(github.com/django-ses/django-ses/issues/120). That a bulk call answers entry by entry follows from
BulkEmailStatus in botocore's model.
"""

from collections.abc import Iterator

from local.ses.errors import Refusal, RefusedError
from local.ses.identities import VERIFIED, Identities, Identity
from local.ses.mailbox_simulator import counts_to_quota


def sending_identity(
    identities: Identities, sender: str, recipients: tuple[str, ...], region: str, *, sandbox: bool
) -> Identity:
    """The identity whose settings hold for a message: the closest to the sender.

    Raises:
        RefusedError: the sender, or in the sandbox a recipient, is not verified; or the MAIL FROM domain is
            not, and the identity would rather not send then.
    """
    failed = list(_unverified(identities, (sender, *(recipients if sandbox else ()))))
    if failed:
        raise RefusedError(Refusal.REJECTED, in_words(failed, region))
    identity = identities.of(sender)[0]
    wants_mail_from = identity.mail_from_domain and identity.on_mx_failure == "REJECT_MESSAGE"
    if wants_mail_from and identity.mail_from != VERIFIED:
        raise RefusedError(Refusal.MAIL_FROM_NOT_VERIFIED)
    return identity


def in_words(failed: list[str], region: str) -> str:
    """What SES says of identities that failed the check; it names them."""
    return (
        "Email address is not verified. The following identities failed the check in region "
        f"{region.upper()}: {', '.join(failed)}"
    )


def _unverified(identities: Identities, addresses: tuple[str, ...]) -> Iterator[str]:
    for number, address in enumerate(addresses):
        is_simulator = number > 0 and not counts_to_quota(address)
        if not is_simulator and not any(identity.is_verified for identity in identities.of(address)):
            yield address
