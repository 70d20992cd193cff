"""What to compare with: the same mail by boto3 alone, and by smtplib; each in a process of its own.

`python -m bench.senders bulk|single|smtp <address> <members> <file of the body>` prints the CPU seconds.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP
from socketserver import StreamRequestHandler, ThreadingTCPServer
from subprocess import PIPE, Popen
from typing import Any
from urllib.parse import urlsplit

from bench.measuring import ROOT

IN_A_CALL = 50
SENDER = "The Ninth Bridge <letter@ninthbridge.example.org>"
Body = dict[str, str]
URL = "https://ninthbridge.example.org/api/unsubscribe?t=link-2026.AAECAwQFBgcICQoLDA0ODw.{}"


def bulk(address: str, body: Body) -> Callable[[int], None]:
    """`SendBulkEmail` to fifty at a time."""
    ses = _ses(address)
    template = {"Subject": body["subject"], "Text": body["text"], "Html": body["html"]}
    content = {"Template": {"TemplateContent": template, "TemplateData": '{"unsubscribe_url": ""}'}}

    def send(members: int) -> None:
        for first in range(0, members, IN_A_CALL):
            entries = [_entry(number) for number in range(first, min(first + IN_A_CALL, members))]
            ses.send_bulk_email(FromEmailAddress=SENDER, DefaultContent=content, BulkEmailEntries=entries)

    return send


def single(address: str, body: Body) -> Callable[[int], None]:
    """`SendEmail` to each."""
    ses = _ses(address)

    def send(members: int) -> None:
        for number in range(members):
            url = URL.format(number)
            parts = {
                part: {"Data": body[key].replace("{{unsubscribe_url}}", url)} for part, key in PARTS.items()
            }
            headers = [{"Name": "List-Unsubscribe", "Value": f"<{url}>"}]
            simple = {"Subject": {"Data": body["subject"]}, "Body": parts, "Headers": headers}
            ses.send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"reader-{number}@mail.example.org"]},
                Content={"Simple": simple},
            )

    return send


def smtp(address: str, body: Body) -> Callable[[int], None]:
    """One message each over one connection, written once; only each reader's own link is put in."""
    where = urlsplit(address)
    message = bytes(_message(body))

    def send(members: int) -> None:
        with SMTP(str(where.hostname), where.port or 0) as server:
            for number in range(members):
                own = message.replace(NOBODYS, URL.format(number).encode())
                server.sendmail("letter@ninthbridge.example.org", f"reader-{number}@mail.example.org", own)

    return send


NOBODYS = b"https://ninthbridge.example.org/own"
PARTS = {"Html": "html", "Text": "text"}
ANSWERS = {b"EHLO": b"250 8BITMIME\r\n", b"QUIT": b"221 bye\r\n"}
SENDERS = {"bulk": bulk, "single": single, "smtp": smtp}


def _ses(address: str) -> Any:  # noqa: ANN401  # the SDK's clients have no common type
    import boto3  # noqa: PLC0415  # smtplib's process does without

    return boto3.client("sesv2", endpoint_url=address)


def _entry(number: int) -> dict[str, Any]:
    data = json.dumps({"unsubscribe_url": URL.format(number)})
    return {
        "Destination": {"ToAddresses": [f"reader-{number}@mail.example.org"]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
        "ReplacementHeaders": [{"Name": "List-Unsubscribe", "Value": f"<{URL.format(number)}>"}],
    }


def _message(body: Body) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = SENDER, body["subject"]
    message["List-Unsubscribe"] = f"<{NOBODYS.decode()}>"
    message.set_content(body["text"].replace("{{unsubscribe_url}}", NOBODYS.decode()), cte="8bit")
    message.add_alternative(
        body["html"].replace("{{unsubscribe_url}}", NOBODYS.decode()), subtype="html", cte="8bit"
    )
    return message


class _Mailbox(StreamRequestHandler):
    """As much of SMTP as `smtplib` speaks; every mail is taken and thrown away."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the other side has gone."""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].strip().upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.wfile.write(ANSWERS.get(word, b"250 taken\r\n"))
            if word == b"QUIT":
                return


@contextmanager
def mailbox() -> Iterator[str]:
    """A server that takes mail; gives its address."""
    with Popen([sys.executable, "-m", "bench.senders", "mailbox"], cwd=ROOT, stdout=PIPE, text=True) as child:
        try:
            yield f"smtp://127.0.0.1:{int(child.stdout.readline()) if child.stdout else 0}"
        finally:
            child.terminate()


def _serve() -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), _Mailbox) as server:
        print(server.server_address[1], flush=True)  # noqa: T201  # how the bench learns the port
        server.serve_forever()


def main(what: str, address: str, members: str, body: str) -> None:
    """Measure a sender, warm."""
    content = json.loads(Path(body).read_text(encoding="utf-8"))
    send = SENDERS[what](address, content)
    send(IN_A_CALL)
    started = time.process_time()
    send(int(members))
    print(time.process_time() - started)  # noqa: T201  # how the bench learns the number


if __name__ == "__main__":
    _serve() if sys.argv[1] == "mailbox" else main(*sys.argv[1:])
