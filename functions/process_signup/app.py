"""SignupQueue -> process_signup: store a request as pending and mail its confirmation, or mail a reader."""

from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from broadsheet.aws.cold_start import started
from broadsheet.aws.kms import KMSFingerprints
from broadsheet.aws.lambda_logging import function_logger
from broadsheet.aws.limits import DynamoDBLimits
from broadsheet.aws.link_keys import make_links
from broadsheet.aws.resources import Resources, utc_now
from broadsheet.aws.ses import SESMailer
from broadsheet.aws.sqs import SQSQueue
from broadsheet.aws.sqs_batch import SQSBatch
from broadsheet.aws.subscribers import DynamoDBSubscribers
from broadsheet.aws.vault import KMSVault, make_address_keyring
from broadsheet.settings import newsletter, setting
from broadsheet.subscribers import reader_mails as mails
from broadsheet.subscribers.limits import Budget
from broadsheet.subscribers.messages import read_message
from broadsheet.subscribers.personal_data import record_mail
from broadsheet.subscribers.process_signup import Mails, ProcessSignup

logger = function_logger(locations=False)  # a traceback would reveal who is a reader
aws, our_newsletter = Resources(), newsletter()
links, limits = make_links(aws), DynamoDBLimits(aws.table("LIMITS_TABLE"))
process = ProcessSignup(
    vault=KMSVault(make_address_keyring(aws), KMSFingerprints(aws.kms, setting("FINGERPRINT_KEY"))),
    subscribers=DynamoDBSubscribers(aws.table("SUBSCRIBERS_TABLE"), aws.table("FINGERPRINTS_TABLE")),
    limits=limits,
    budget=Budget(limits, int(setting("CONFIRMATIONS_PER_HOUR"))),
    queue=SQSQueue(aws.sqs, setting("SIGNUP_QUEUE")),
    mailer=SESMailer(aws.single_sends, setting("CONFIGURATION_SET")),
    links=links,
    mails=Mails(
        confirmation=partial(mails.confirmation_mail, newsletter=our_newsletter),
        already=partial(mails.already_mail, links=links, newsletter=our_newsletter),
        new_address=partial(mails.new_address_mail, newsletter=our_newsletter),
        welcome=partial(mails.welcome_mail, links=links, newsletter=our_newsletter),
        moved=partial(mails.moved_mail, links=links, newsletter=our_newsletter),
        record=partial(record_mail, newsletter=our_newsletter),
        link=partial(mails.link_mail, links=links, newsletter=our_newsletter),
    ),
    clock=utc_now,
)
batch = SQSBatch(logger)
started()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process the batch; return the ids of the messages that SQS must offer again."""
    return process_partial_response(event, process_message, batch, context)


def process_message(record: SQSRecord) -> None:
    process(read_message(record.body))  # the outcome is not logged: it would reveal who is a reader
