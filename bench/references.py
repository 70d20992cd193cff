"""What to compare with: the same mail by boto3 alone and by smtplib; the yardstick of budgets in seconds."""

import json
import time
from collections.abc import Callable
from email.message import EmailMessage
from smtplib import SMTP
from socketserver import StreamRequestHandler, ThreadingTCPServer
from statistics import median
from urllib.parse import urlsplit

import boto3

from bench.answering import answering
from bench.mailing_data import a_mail, mailing
from bench.measuring import Json, call
from bench.template import environment_of

IN_A_CALL, REFERENCE_MEMBERS, GRANT = 50, 1_000, 200
SINGLE_SECONDS = 0.73  # 1,000 `SendEmail`, where the budgets in seconds were set
SENDER = "The Ninth Bridge <letter@ninthbridge.example.org>"
URL = "https://ninthbridge.example.org/api/unsubscribe?t=link-2026.AAECAwQFBgcICQoLDA0ODw.{}"
OWN_URL = "https://ninthbridge.example.org/own"
ANSWERS = {b"EHLO": b"250 8BITMIME\r\n", b"QUIT": b"221 bye\r\n", b"DATA": b"354 go on\r\n"}


def bulk(address: str, edition: str) -> Callable[[int], None]:
    """`SendBulkEmail` to fifty at a time."""
    ses, body = boto3.client("sesv2", endpoint_url=address), a_mail(edition)
    template = {"Subject": body.subject, "Text": body.text, "Html": body.html}
    content = {"Template": {"TemplateContent": template, "TemplateData": '{"unsubscribe_url": ""}'}}

    def entry(number: int) -> Json:
        data = json.dumps({"unsubscribe_url": URL.format(number)})
        return {
            "Destination": {"ToAddresses": [f"reader-{number}@mail.example.org"]},
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": [{"Name": "List-Unsubscribe", "Value": f"<{URL.format(number)}>"}],
        }

    def send(members: int) -> None:
        for first in range(0, members, IN_A_CALL):
            entries = [entry(number) for number in range(first, min(first + IN_A_CALL, members))]
            ses.send_bulk_email(FromEmailAddress=SENDER, DefaultContent=content, BulkEmailEntries=entries)  # type: ignore[arg-type]  # plain dictionaries

    return send


def single(address: str, edition: str) -> Callable[[int], None]:
    """`SendEmail` to each."""
    ses, body = boto3.client("sesv2", endpoint_url=address), a_mail(edition)

    def send(members: int) -> None:
        for url, number in ((URL.format(number), number) for number in range(members)):
            parts = {"Html": body.html, "Text": body.text}
            own = {name: {"Data": part.replace("{{unsubscribe_url}}", url)} for name, part in parts.items()}
            headers = [{"Name": "List-Unsubscribe", "Value": f"<{url}>"}]
            ses.send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"reader-{number}@mail.example.org"]},
                Content={"Simple": {"Subject": {"Data": body.subject}, "Body": own, "Headers": headers}},  # type: ignore[typeddict-item]  # plain dictionaries
            )

    return send


def smtp(address: str, edition: str) -> Callable[[int], None]:
    """A message each over one connection, composed once; only each reader's own link is put in."""
    where, body, message = urlsplit(address), a_mail(edition), EmailMessage()
    message["From"], message["Subject"], message["List-Unsubscribe"] = SENDER, body.subject, f"<{OWN_URL}>"
    message.set_content(body.text.replace("{{unsubscribe_url}}", OWN_URL), cte="8bit")
    html = body.html.replace("{{unsubscribe_url}}", OWN_URL)
    message.add_alternative(html, subtype="html", cte="8bit")
    written = bytes(message)

    def send(members: int) -> None:
        with SMTP(str(where.hostname), where.port or 0) as server:
            for number in range(members):
                own = written.replace(OWN_URL.encode(), URL.format(number).encode())
                server.sendmail("letter@ninthbridge.example.org", f"reader-{number}@mail.example.org", own)

    return send


SENDERS = {"bulk": bulk, "single": single, "smtp": smtp}


def cpu_of(address: str, sender: str, members: int, edition: str) -> float:
    """CPU seconds of a sender for 1,000 members, once it is warm."""
    send = SENDERS[sender](address, edition)
    send(IN_A_CALL)
    started = time.process_time()
    send(members)
    return 1000 * (time.process_time() - started) / members


def slowness(rounds: int) -> float:
    """How many times as long CPU takes here as where the budgets were set."""
    environment = environment_of("DeliverChunkFunction")
    with answering(mailing, 0, GRANT, "en") as address:
        cost: list[float] = [
            call(cpu_of, address, "single", REFERENCE_MEMBERS, "en", environment=environment)
            for _ in range(rounds)
        ]
    return median(cost) / SINGLE_SECONDS


class _Mailbox(StreamRequestHandler):
    """As much of SMTP as `smtplib` speaks; every mail is accepted and dropped."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        word = b""
        while word != b"QUIT" and (line := self.rfile.readline()):
            word = line[:4].strip().upper()
            self.wfile.write(ANSWERS.get(word, b"250 taken\r\n"))
            while word == b"DATA" and self.rfile.readline() != b".\r\n":
                pass
            if word == b"DATA":
                self.wfile.write(b"250 taken\r\n")


def serve_mailbox() -> None:
    """Accept mail until the process is ended; print the port."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Mailbox) as server:
        print(server.server_address[1], flush=True)  # noqa: T201  # read by `served`
        server.serve_forever()
