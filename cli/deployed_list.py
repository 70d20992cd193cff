"""The list of the deployed or the local stack, opened with the operator's own rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import sleep

import boto3
from botocore.config import Config

from broadsheet.aws.dynamodb import Table, plain_values
from broadsheet.aws.keyring import Keyring
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.mailing_list import DynamoDBMailingList
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.aws.vault import StoredAddresses
from broadsheet.newsletter import Newsletter
from broadsheet.subscribers.address import AddressError, normalise
from broadsheet.subscribers.mailbox import mailbox_of
from broadsheet.subscribers.mailing_list.importer import WORKERS
from cli.chosen_stack import StackOptions, now
from cli.newsletter_file import own_newsletter

OUTPUTS = ("Subscribers", "Fingerprints", "Limits", "Keys", "AddressKey", "FingerprintKey")
PATIENT = Config(
    user_agent="Broadsheet",
    parameter_validation=False,
    max_pool_connections=WORKERS,
    retries={"mode": "standard", "total_max_attempts": 8},
)


@dataclass(frozen=True)
class DeployedList:
    """The list of one stack; `name` is that of its table."""

    name: str
    mailing_list: DynamoDBMailingList
    subscribers: DynamoDBSubscribers
    addresses: StoredAddresses
    limits: DynamoDBLimits
    newsletter: Newsletter

    def fingerprint(self, address: str) -> str:
        """The fingerprint of an address as it was typed."""
        try:
            return self.mailing_list.fingerprints([normalise(address)])[0]
        except AddressError:
            raise SystemExit("That is not an email address.") from None

    def mailbox(self, address: str) -> str:
        """The fingerprint of the address's mailbox, by which limits count; "" if it is the address's own."""
        own, mailbox = self.fingerprint(address), self.fingerprint(mailbox_of(normalise(address)))
        return "" if mailbox == own else mailbox

    def open_keys(self) -> None:
        """Load this year's address key before several threads need it."""
        self.addresses.keyring.current()


def connect_list(stack: StackOptions) -> DeployedList:
    """The list of the stack.

    Raises:
        NoUsableStackError, ClientError, BotoCoreError: it can't be reached.
        NewsletterUnusableError: this checkout's newsletter.toml can't be used.
    """
    found = stack.reach(*OUTPUTS)
    return open_list(found.session, found.outputs, own_newsletter(), endpoint_url=found.endpoint)


def open_list(
    session: boto3.Session, names: Mapping[str, str], newsletter: Newsletter, endpoint_url: str | None = None
) -> DeployedList:
    """The list in tables of these names, under keys of these ids."""
    dynamodb = plain_values(session.client("dynamodb", config=PATIENT, endpoint_url=endpoint_url))
    kms = session.client("kms", config=PATIENT, endpoint_url=endpoint_url)
    hashes = KMSFingerprints(kms, names["FingerprintKey"])

    def table(output: str) -> Table:
        return Table(dynamodb, names[output])

    return DeployedList(
        names["Subscribers"],
        DynamoDBMailingList(table("Subscribers"), table("Fingerprints"), hashes, sleep),
        DynamoDBSubscribers(table("Subscribers"), table("Fingerprints")),
        StoredAddresses(Keyring(kms, names["AddressKey"], table("Keys"), "address", now)),
        DynamoDBLimits(table("Limits")),
        newsletter,
    )
