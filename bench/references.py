"""What measurements compare with: the same calls by boto3 and nothing else."""

import json
import time
from collections.abc import Callable, Sequence
from statistics import median

import boto3

from bench.endpoint import answering
from bench.mailing import a_mail
from bench.measuring import Json, call
from bench.template import environment_of

BULK, SINGLE = "`SendBulkEmail` to 50 by boto3, nothing else", "`SendEmail` to each by boto3"
IN_A_CALL, MEMBERS = 50, 1_000
SINGLE_SECONDS = 0.73  # of 1,000 `SendEmail` on the machine on which the budgets in seconds were set
SENDER = "The Ninth Bridge <letter@ninthbridge.example.org>"
URL = "https://ninthbridge.example.org/api/unsubscribe?t=link-2026.AAECAwQFBgcICQoLDA0ODw.{}"
MESSAGE = json.dumps({"sealed": "c2VhbGVk" * 80, "kind": "sign-up", "audiences": ["en"], "language": "en"})
COUNTED = {
    "TableName": "limitstable",
    "Key": {"counter": {"S": "network#0"}},
    "UpdateExpression": "ADD #number :one",
    "ExpressionAttributeNames": {"#number": "number"},
    "ExpressionAttributeValues": {":one": {"N": "1"}},
    "ReturnValues": "UPDATED_NEW",
}
CALLS: dict[str, tuple[str, Json]] = {  # by service: what a function calls first
    "dynamodb": ("update_item", COUNTED),
    "kms": ("encrypt", {"KeyId": "key", "Plaintext": "0" * 320, "EncryptionContext": {"purpose": "sign-up"}}),
    "sqs": ("send_message", {"QueueUrl": "https://sqs.example.org/123456789012/q", "MessageBody": MESSAGE}),
    "secretsmanager": ("get_secret_value", {"SecretId": "secret"}),
}


def calls_by_boto3(services: Sequence[str] = ("dynamodb", "kms", "sqs")) -> Callable[[], list[Json]]:
    """Makes one call of each service."""
    made = [(getattr(boto3.client(service), CALLS[service][0]), CALLS[service][1]) for service in services]  # type: ignore[call-overload]  # a name
    return lambda: [operation(**parameters) for operation, parameters in made]


def bulk(edition: str) -> Callable[[int], None]:
    """`SendBulkEmail` to fifty at a time."""
    ses, body = boto3.client("sesv2"), a_mail(edition)
    template = {"Subject": body.subject, "Text": body.text, "Html": body.html}
    content: Json = {"Template": {"TemplateContent": template, "TemplateData": '{"unsubscribe_url": ""}'}}

    def recipient(number: int) -> Json:
        data = json.dumps({"unsubscribe_url": URL.format(number)})
        return {
            "Destination": {"ToAddresses": [f"reader-{number}@mail.example.org"]},
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": [{"Name": "List-Unsubscribe", "Value": f"<{URL.format(number)}>"}],
        }

    def send(members: int) -> None:
        for first in range(0, members, IN_A_CALL):
            recipients = list(map(recipient, range(first, first + IN_A_CALL)))
            ses.send_bulk_email(FromEmailAddress=SENDER, DefaultContent=content, BulkEmailEntries=recipients)

    return send


def single(edition: str) -> Callable[[int], None]:
    """`SendEmail` to each."""
    ses, body = boto3.client("sesv2"), a_mail(edition)

    def send(members: int) -> None:
        for number, url in ((number, URL.format(number)) for number in range(members)):
            parts = {"Html": body.html, "Text": body.text}
            own = {name: {"Data": part.replace("{{unsubscribe_url}}", url)} for name, part in parts.items()}
            headers = [{"Name": "List-Unsubscribe", "Value": f"<{url}>"}]
            mail: Json = {"Subject": {"Data": body.subject}, "Body": own, "Headers": headers}
            to = {"ToAddresses": [f"reader-{number}@mail.example.org"]}
            ses.send_email(FromEmailAddress=SENDER, Destination=to, Content={"Simple": mail})

    return send


def send_all(name: str, edition: str, members: int) -> float:
    """CPU seconds of a sender, once it is warm."""
    send = {BULK: bulk, SINGLE: single}[name](edition)
    send(IN_A_CALL)
    started = time.process_time()
    send(members)
    return time.process_time() - started


def cpu_of(name: str, edition: str) -> float:
    """CPU seconds of a sender for 1,000 members."""
    with answering() as address:
        seconds: float = call(environment_of(address), send_all, name, edition, MEMBERS)
        return seconds


def slowness(rounds: int) -> float:
    """How many times as much CPU time the same work takes here as where the budgets were set."""
    return median(cpu_of(SINGLE, "en") for _ in range(rounds)) / SINGLE_SECONDS
