"""What measurements compare with: the same calls by boto3 and nothing else."""

import json
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import boto3

from bench.endpoint import answering
from bench.mailing import a_mail
from bench.measuring import Json, call
from bench.template import environment_of
from broadsheet.mailings.body import Body

BULK, SINGLE = "`SendBulkEmail` to 50 by boto3, nothing else", "`SendEmail` to each by boto3"
IN_A_CALL, MEMBERS = 50, 1_000
SINGLE_SECONDS = 0.73  # of 1,000 `SendEmail` on the machine on which the budgets in seconds were set
SENDER = "The Ninth Bridge <letter@ninthbridge.example.org>"
ADDRESS = "reader-{}@mail.example.org"
URL = "https://ninthbridge.example.org/api/unsubscribe?t=link-2026.AAECAwQFBgcICQoLDA0ODw.{}"
MESSAGE = json.dumps({"sealed": "c2VhbGVk" * 80, "kind": "sign-up", "audiences": ["en"], "language": "en"})
COUNTER = {"TableName": "limitstable", "Key": {"counter": {"S": "network#0"}}}
ADD_ONE = {"UpdateExpression": "ADD sign_ups :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
CALLS: dict[str, tuple[str, Json]] = {  # by service: what a function calls first
    "dynamodb": ("update_item", COUNTER | ADD_ONE),
    "kms": ("encrypt", {"KeyId": "key", "Plaintext": "0" * 320, "EncryptionContext": {"purpose": "sign-up"}}),
    "sqs": ("send_message", {"QueueUrl": "https://sqs.example.org/123456789012/q", "MessageBody": MESSAGE}),
    "secretsmanager": ("get_secret_value", {"SecretId": "secret"}),
}


def calls_by_boto3() -> Callable[[], list[Json]]:
    """Makes the three calls of a sign-up."""
    made = [(getattr(boto3.client(s), CALLS[s][0]), CALLS[s][1]) for s in ("dynamodb", "kms", "sqs")]
    return lambda: [operation(**parameters) for operation, parameters in made]


def bulk(ses: Json, body: Body, numbers: range) -> None:
    """`SendBulkEmail` to the subscribers of these numbers."""
    template = {"Subject": body.subject, "Text": body.text, "Html": body.html}
    recipients = []
    for number, url in ((number, URL.format(number)) for number in numbers):
        data = {"ReplacementTemplateData": json.dumps({"unsubscribe_url": url})}
        recipient = {"Destination": {"ToAddresses": [ADDRESS.format(number)]}}
        recipient["ReplacementEmailContent"] = {"ReplacementTemplate": data}
        recipient["ReplacementHeaders"] = [{"Name": "List-Unsubscribe", "Value": f"<{url}>"}]
        recipients.append(recipient)
    content = {"Template": {"TemplateContent": template, "TemplateData": '{"unsubscribe_url": ""}'}}
    ses.send_bulk_email(FromEmailAddress=SENDER, DefaultContent=content, BulkEmailEntries=recipients)


def single(ses: Json, body: Body, numbers: range) -> None:
    """`SendEmail` to each of the subscribers."""
    for number, url in ((number, URL.format(number)) for number in numbers):
        html, text = (part.replace("{{unsubscribe_url}}", url) for part in (body.html, body.text))
        parts = {"Html": {"Data": html}, "Text": {"Data": text}}
        headers = [{"Name": "List-Unsubscribe", "Value": f"<{url}>"}]
        content = {"Simple": {"Subject": {"Data": body.subject}, "Body": parts, "Headers": headers}}
        to = {"ToAddresses": [ADDRESS.format(number)]}
        ses.send_email(FromEmailAddress=SENDER, Destination=to, Content=content)


def send_all(name: str, edition: str, members: int) -> float:
    """CPU seconds of a sender, once it is warm."""
    send = partial({BULK: bulk, SINGLE: single}[name], boto3.client("sesv2"), a_mail(edition))
    send(range(IN_A_CALL))
    started = time.process_time()
    for first in range(0, members, IN_A_CALL):
        send(range(first, first + IN_A_CALL))
    return time.process_time() - started


def cpu_of(name: str, edition: str) -> float:
    """CPU seconds of a sender for 1,000 members."""
    with answering() as address:
        return call(environment_of(address), send_all, name, edition, MEMBERS)


def slowness(rounds: int) -> float:
    """How many times as much CPU time the same work takes here as where the budgets were set."""
    return median(cpu_of(SINGLE, "en") for _ in range(rounds)) / SINGLE_SECONDS
