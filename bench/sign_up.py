"""What a sign-up costs: CPU and calls of a warm `subscribe`, beside the same calls by boto3."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import md5
from statistics import median

import boto3

from bench import CONTEXT
from bench.answering import Operations, answering, taken
from bench.measuring import ROOT, Json, call
from bench.references import SINGLE_SECONDS, slowness
from bench.report import Figures, kept
from bench.template import environment_of
from bench.worker import app

SIGN_UPS, WARM_AFTER = 400, 20
MOST_SECONDS, MOST_CALLS = 0.002, 3
SEALED = b64encode(b"sealed" * 80).decode()


def first_of_the_day() -> Operations:
    """A network's first sign-up of the day, again and again; the secret is the sample events'."""

    def counted(request: Json) -> Json:
        return {"Attributes": {name: {"N": "1"} for name in request["ExpressionAttributeNames"].values()}}

    def queued(request: Json) -> Json:
        digest = md5(request["MessageBody"].encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": "message", "MD5OfMessageBody": digest}

    return {
        "DynamoDB UpdateItem": counted,
        "DynamoDB GetItem": lambda _: {"Item": {"salt": {"B": b64encode(b"\x17" * 32).decode()}}},
        "SecretsManager GetSecretValue": lambda _: {"SecretString": "what-only-the-cdn-knows"},
        "KMS Encrypt": lambda _: {"CiphertextBlob": SEALED, "KeyId": "key"},
        "SQS SendMessage": queued,
    }


def sign_up(rounds: int) -> list[Figures]:
    """Measure `subscribe`."""
    environment = environment_of("SubscribeFunction")
    with answering(first_of_the_day) as address:
        environment["AWS_ENDPOINT_URL"] = address
        measured = [
            [call(per_sign_up, what, address, environment=environment) for what in ("function", "floor")]
            for _ in range(rounds)
        ]
    seconds, floor = (median(pair[which][0] for pair in measured) for which in (0, 1))
    calls, slow = max(pair[0][1] for pair in measured), slowness(rounds)
    verdict = kept(seconds / slow <= MOST_SECONDS and calls <= MOST_CALLS)
    rows = [
        (
            "`subscribe`, all that it does",
            _ms(seconds),
            f"{calls:g}",
            f"{_ms(seconds / slow)} there: {verdict}",
        ),
        ("three calls by boto3, nothing else", _ms(floor), "3", ""),
        ("one `SendEmail` of 46 kB by boto3", _ms(slow * SINGLE_SECONDS / 1000), "1", ""),
    ]
    return [Figures("A sign-up at the door", rows)]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


def per_sign_up(what: str, address: str) -> tuple[float, float]:
    """CPU seconds and calls of one sign-up by the function, or by boto3, once it is warm."""
    one = {"function": _by_the_function, "floor": _by_boto3}[what]()
    for _ in range(WARM_AFTER):
        one()
    taken(address)
    started = time.process_time()
    for _ in range(SIGN_UPS):
        one()
    return (time.process_time() - started) / SIGN_UPS, sum(taken(address).values()) / SIGN_UPS


def _by_the_function() -> Callable[[], None]:
    event = json.loads((ROOT / "events" / "subscribe" / "form_post.json").read_text(encoding="utf-8"))
    handler = app("subscribe")["handler"]

    def one() -> None:
        if handler(event, CONTEXT)["statusCode"] != 303:  # noqa: PLR2004  # see other
            raise RuntimeError("a sign-up was not taken")

    return one


def _by_boto3() -> Callable[[], None]:
    dynamodb, kms, sqs = boto3.client("dynamodb"), boto3.client("kms"), boto3.client("sqs")
    order = json.dumps({"sealed": SEALED, "kind": "sign-up", "audiences": ["en"], "language": "en"})

    def one() -> None:
        dynamodb.update_item(
            TableName="limits",
            Key={"counter": {"S": f"network#{'0' * 64}"}},
            UpdateExpression="ADD #number :one SET expires_at = :end",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":one": {"N": "1"}, ":end": {"N": "1481587200"}},
            ReturnValues="UPDATED_NEW",
        )
        kms.encrypt(KeyId="key", Plaintext=b"\0" * 320, EncryptionContext={"purpose": "sign-up"})
        sqs.send_message(
            QueueUrl="https://sqs.example.org/123456789012/queue", MessageBody=order, DelaySeconds=0
        )

    return one
