"""Canary words that occur nowhere else, the spellings in which they might leak, and every store of a system.

A canary is one rare word in an address, a network, the name of a browser, or the signature of a link. Whoever
finds the word in any spelling has found the leak. `everything` yields all that the system stores, piece by
piece.
"""

import base64
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import urllib3

from broadsheet.newsletter_file import read_newsletter
from infrastructure.build import ROOT
from local.system import LocalSystem

SHOWN_AROUND = 48
OURS = ("buckets/", "layers/", "engine/lambda-blobs/", "scratch/ministack-lambda-")
FOR_URLS = bytes.maketrans(b"+/", b"-_")
SOFT_BREAKS = re.compile(rb"=\r?\n")  # of quoted-printable
MANY_BACKSLASHES = re.compile(rb"\\+")
Content = tuple[str, bytes]  # the place, and the content


@dataclass(frozen=True)
class CanaryFinding:
    """A leaked canary: which one, in which spelling, where, and the text around it."""

    canary: str
    spelling: str
    where: str
    around: str


def spellings(text: str) -> dict[bytes, str]:
    """The forms of a word by their names; those without case are in lower case."""
    plain, raw, upper = text.casefold(), text.encode(), text.upper().encode()
    found = {
        "plain": plain.encode(),
        "reversed": plain[::-1].encode(),
        "percent": "".join(f"%{byte:02x}" for byte in raw).encode(),
        "percent twice": "".join(f"%25{byte:02x}" for byte in raw).encode(),
        "quoted-printable": "".join(f"={byte:02x}" for byte in raw).encode(),
        "hex": raw.hex().encode(),
        "JSON escapes": "".join(f"\\u{ord(letter):04x}" for letter in plain).encode(),
        "entities": "".join(f"&#{ord(letter)};" for letter in text).encode(),
        "entities in hex": "".join(f"&#x{ord(letter):x};" for letter in text).encode(),
        "UTF-16": plain.encode("utf-16-le"),
    }
    if not text.isascii():
        found |= {
            "capitals": upper,
            "IDNA": plain.encode("idna"),
            "percent where needed": quote(plain).lower().encode(),
        }
    for name, form in (("base64", raw), ("base64 of capitals", upper)):
        for shift in range(3):
            encoded = _base64(form, shift)
            found[f"{name}, shifted {shift}"] = encoded
            found[f"{name} for URLs, shifted {shift}"] = encoded.translate(FOR_URLS)
    return {spelt: name for name, spelt in found.items()}  # each once


def hashes(text: str) -> dict[str, bytes]:
    """The beginnings of its hashes without a key, which could be guessed."""
    raw = text.encode()
    found = {}
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        digest = hashlib.new(name, raw).digest()
        found[name] = digest.hex()[:20].encode()
        found[f"{name}, base64"] = base64.b64encode(digest)[:16]
        found[f"{name}, bytes"] = digest[:12]
    return found


def _base64(raw: bytes, shift: int) -> bytes:
    """The part of a word's base64 that does not depend on the text around it."""
    encoded = base64.b64encode(b"\0" * shift + raw)
    first = -(-shift * 8 // 6)
    return encoded[first : (shift + len(raw)) * 8 // 6]


class Searcher:
    """Searches for canaries; hashes of the texts in `hashed` are leaks, too."""

    def __init__(self, canaries: Iterable[str], hashed: Iterable[str] = ()) -> None:
        self._needles = [
            *((canary, name, form) for canary in canaries for form, name in spellings(canary).items()),
            *((text, name, form) for text in hashed for name, form in hashes(text).items()),
        ]

    def search(self, contents: Iterable[Content]) -> list[CanaryFinding]:
        """Search a place's name and content for every spelling of every canary."""
        return [finding for where, content in contents for finding in self._in(where, content)]

    def _in(self, where: str, content: bytes) -> Iterator[CanaryFinding]:
        text = where.encode() + b"\n" + content
        once = MANY_BACKSLASHES.sub(rb"\\", text)  # JSON within JSON
        joined = SOFT_BREAKS.sub(b"", text)
        forms = {text, text.lower(), once.lower(), joined, joined.lower()}
        for canary, name, needle in self._needles:
            for form in forms:
                at = form.find(needle)
                if at >= 0:
                    around = form[max(0, at - SHOWN_AROUND) : at + len(needle) + SHOWN_AROUND]
                    yield CanaryFinding(canary, name, where, around.decode("utf-8", "replace"))
                    break


# -- the stores


def everything(system: LocalSystem) -> Iterator[Content]:
    """Everything that a running system stores."""
    for store in STORES.values():
        yield from store(system)


def known(contents: Iterable[Content]) -> set[bytes]:
    """The digests of what was stored before the test: code, layers, pages."""
    return {_digest(content) for content in contents}


def new(contents: Iterable[Content], old: set[bytes]) -> Iterator[Content]:
    """What was not stored before."""
    return (content for content in contents if _digest(content) not in old)


def _digest(content: Content) -> bytes:
    return hashlib.sha256(content[0].encode() + b"\0" + content[1]).digest()


def tables(system: LocalSystem) -> Iterator[Content]:
    """Every attribute of every item of every table."""
    dynamodb = system.stack.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                yield f"table {table}", b"\n".join(_bytes_in(item))


def queues(system: LocalSystem) -> Iterator[Content]:
    """Every message, also hidden and delayed ones; the engine is asked, since receiving changes them."""
    url = f"{system.engine.endpoint}/_ministack/sqs/messages"
    answer = urllib3.request("GET", url, headers=system.engine_headers).json()
    for regions in answer["messages"].values():
        for messages_of in regions.values():
            for url, messages in messages_of.items():
                for message in messages:
                    yield f"queue {url.rsplit('/', 1)[-1]}", json.dumps(message, ensure_ascii=False).encode()


def objects(system: LocalSystem) -> Iterator[Content]:
    """Every version of every object: its name, its metadata, its content."""
    s3 = system.stack.s3
    for bucket in (entry["Name"] for entry in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", []):
                named = {"Bucket": bucket, "Key": version["Key"]}
                got = s3.get_object(**named, VersionId=version["VersionId"])
                head = {
                    name: value for name, value in got.items() if name not in ("Body", "ResponseMetadata")
                }
                headers = got["ResponseMetadata"]["HTTPHeaders"]
                yield (
                    f"object {bucket}/{version['Key']}",
                    f"{head}\n{headers}\n".encode() + got["Body"].read(),
                )


def logs(system: LocalSystem) -> Iterator[Content]:
    """Every line of every log."""
    client = system.stack.logs
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for events in client.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            ):
                for event in events["events"]:
                    where = f"log {group['logGroupName']} {event.get('logStreamName', '')}"
                    yield where, str(event["message"]).encode()


def metrics(system: LocalSystem) -> Iterator[Content]:
    """Every metric's name and dimensions; and alarms."""
    client = system.stack.client("cloudwatch")
    for page in client.get_paginator("list_metrics").paginate():
        for metric in page["Metrics"]:
            yield "metric", json.dumps(metric).encode()
    for page in client.get_paginator("describe_alarms").paginate():
        for alarm in page["MetricAlarms"]:
            yield "alarm", json.dumps(alarm, default=str).encode()


def schedules(system: LocalSystem) -> Iterator[Content]:
    """Every schedule with its input."""
    client = system.stack.client("scheduler")
    for page in client.get_paginator("list_schedules").paginate():
        for schedule in page["Schedules"]:
            got = client.get_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
            yield f"schedule {schedule['Name']}", json.dumps(got, default=str).encode()


def settings(system: LocalSystem) -> Iterator[Content]:
    """The functions' variables, the secrets and the parameters."""
    for page in system.stack.client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            yield f"function {function['FunctionName']}", json.dumps(function, default=str).encode()
    secrets = system.stack.client("secretsmanager")
    for secret in secrets.list_secrets()["SecretList"]:
        value = secrets.get_secret_value(SecretId=secret["ARN"])
        yield f"secret {secret['Name']}", json.dumps(value, default=str).encode()
    for parameter in system.stack.client("ssm").describe_parameters()["Parameters"]:
        yield "parameter", json.dumps(parameter, default=str).encode()


def files(system: LocalSystem) -> Iterator[Content]:
    """Every file in the system's folder: logs, workers' files, and the entries of engine and SES emulator.

    Buckets are searched separately, and the functions' code is left out. Messages that the engine stored are
    under the names of their queues. Mails to the newsletter's own mailboxes are `mail-to-us/…`: they must not
    name a reader, as e-mail feedback forwarding would.
    """
    ours = mailed_to_us(system.state / "mail" / "ses.sqlite")
    for file in sorted(system.state.rglob("*")):
        name = str(file.relative_to(system.state))
        if not file.is_file() or name.startswith(OURS) or ".sqlite-" in name:
            continue
        parts = entries(file) if file.suffix == ".sqlite" else [("", file.stem, file.read_bytes())]
        for collection, key, content in parts:
            place = f"file {name}/{collection}" if collection else f"file {name}"
            if collection.startswith("queues "):
                place = f"queue {collection.rpartition('/')[2]}"
            elif name.startswith("mail/") and key in ours:
                place = f"file mail-to-us/{key}"
            yield place, content


def entries(file: Path) -> list[tuple[str, str, bytes]]:
    """Collection, key, and both with the value, of each entry of a store (local/store.py)."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        found = store.execute("SELECT collection, key, value FROM entries").fetchall()
    return [(collection, key, f"{collection} {key} {value}".encode()) for collection, key, value in found]


def mailed_to_us(store: Path) -> set[str]:
    """The ids of the mails to the newsletter's own domain or to an editor."""
    newsletter = read_newsletter((ROOT / "newsletter.toml").read_text(encoding="utf-8"))
    domain = newsletter.sender.rpartition("@")[2]
    return {
        key
        for collection, key, content in (entries(store) if store.is_file() else [])
        if collection == "records"
        for to in json.loads(content.decode().removeprefix(f"records {key} "))["to"]
        if to.endswith(f"@{domain}") or to in newsletter.editors
    }


STORES: dict[str, Callable[[LocalSystem], Iterator[Content]]] = {
    "tables": tables,
    "queues": queues,
    "objects": objects,
    "logs": logs,
    "metrics": metrics,
    "schedules": schedules,
    "settings": settings,
    "files": files,
}


def _bytes_in(value: Any) -> Iterator[bytes]:
    """All names and values in an item; binary values unchanged."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name).encode()
            yield from _bytes_in(inner)
    elif isinstance(value, list | set | tuple):
        for inner in value:
            yield from _bytes_in(inner)
    elif isinstance(value, bytes | bytearray):
        yield bytes(value)
    else:
        yield str(value).encode()
