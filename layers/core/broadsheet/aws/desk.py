"""The desk in S3: what editors write, read file by file."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from broadsheet.aws.buckets import ABSENT, CONTENT_TYPES, DENIED, LOST_RACE, THERE_ALREADY, objects, unless
from broadsheet.content.text_names import PICTURES, is_hidden, is_picture, texts_among
from broadsheet.newsletter_reader import MOST_BYTES
from broadsheet.probes import DRAFTS
from broadsheet.publishing.desk_events import NEWSLETTER_FILE
from broadsheet.publishing.ports import GoneError, IssueFiles
from broadsheet.retention import PROBES

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MOST_TEXT_BYTES = 5_000_000
MOST_PICTURE_BYTES = 30_000_000
IN_PLACE_OF = "broadsheet-in-place-of"
PROBE_FOLDERS = (f"drafts/{DRAFTS}", f"reports/drafts/{DRAFTS}")
_SHA_256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class S3Desk:
    """The desk: the files of editors, and our reports.

    Of a file that is too large, one byte more than allowed is read, so that whoever parses it refuses it.
    """

    s3: "S3Client"
    bucket: str
    most_text_bytes: int = MOST_TEXT_BYTES
    most_picture_bytes: int = MOST_PICTURE_BYTES

    def files(self, folder: str) -> IssueFiles:
        """List the folder; each file is read when it is asked for, if it is still as it was listed.

        The digest is a hash of the names, ETags and sizes in the list, so that later changes are seen the
        next time.
        """
        listed = self._listed(folder)
        by_name = {each.name: each for each in listed}
        texts = {edition: by_name[name] for edition, name in texts_among(by_name).items()}
        named = {each.name for each in texts.values()}
        pictures = {each.name: each for each in listed if each.is_picture}
        return IssueFiles(
            _digest(listed),
            _LazyFiles(texts, cache(lambda each: self._read(each, self.most_text_bytes))),
            _LazyFiles(pictures, lambda each: self._read(each, self.most_picture_bytes)),
            tuple(each.name for each in listed if each.name not in named and not each.is_picture),
            {name: each.etag for name, each in pictures.items()},
            sum(each.size for each in pictures.values()),
            {edition: each.name for edition, each in texts.items()},
            lambda name, digest: self._original(pictures[name].key, digest),
        )

    def replace_picture(self, folder: str, name: str, state: str, content: bytes, original: str) -> str:
        """One conditional put; a second one with the same state is refused.

        The original remains an old version as long as the bucket keeps these. The object's metadata name it,
        and hold only for exactly this content.

        Source: S3 user guide, "Working with object metadata"; conditional writes, as in `S3Site.replace`.
        """
        key = next((each.key for each in self._listed(folder) if each.name == name), "")
        if not key:
            return ""
        own = hashlib.sha256(content).hexdigest()
        kind = CONTENT_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
        answer = unless(
            LOST_RACE | ABSENT,
            self.s3.put_object,
            Bucket=self.bucket,
            Key=key,
            Body=content,
            ContentType=kind,
            Metadata={IN_PLACE_OF: f"{original} {own}"},
            IfMatch=state,
        )
        return answer["ETag"] if answer else ""

    def editions(self, folder: str) -> set[str]:
        """The names of the texts, by one list."""
        return set(texts_among(each.name for each in self._listed(folder)))

    def newsletter_file(self) -> bytes | None:
        """One read; another call where S3 does not tell a missing object from a missing right.

        Raises:
            ClientError: it may not be read; right after a deployment a new right may take some seconds.
        """
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=NEWSLETTER_FILE)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ABSENT or (code in DENIED and not self._is_there(NEWSLETTER_FILE)):
                return None
            raise
        with closing(answer["Body"]) as body:
            return body.read(MOST_BYTES + 1)

    def _is_there(self, key: str) -> bool:
        return any(each["Key"] == key for each in objects(self.s3, self.bucket, key))

    def report(self, path: str, html: str) -> None:
        """Write a report over the last one."""
        key, body = f"reports/{path}", html.encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=CONTENT_TYPES["html"])

    def delete_probes(self, now: datetime) -> None:
        """Delete what killed runs of `broadsheet verify` left; anything younger may belong to a running one.

        The bucket's lifecycle rules delete it, too, but S3 rounds a day up to midnight and may be late.
        Deletion events remove the previews. A second call finds nothing.
        Source: S3 User Guide, "Expiring objects".
        """
        for prefix in PROBE_FOLDERS:
            for found in objects(self.s3, self.bucket, prefix):
                if found["LastModified"] < now - PROBES:
                    self.s3.delete_object(Bucket=self.bucket, Key=found["Key"])

    def _listed(self, folder: str) -> list["_DeskFile"]:
        """The files of editors, by name; of two Unicode spellings of a name, the newer file."""
        prefix = f"{folder}/"
        found: dict[str, _DeskFile] = {}
        for entry in objects(self.s3, self.bucket, prefix):
            name = unicodedata.normalize("NFC", entry["Key"].removeprefix(prefix))
            each = _DeskFile(name, entry["LastModified"], entry["Key"], entry["ETag"], entry["Size"])
            if not is_hidden(name) and (name not in found or found[name].recency < each.recency):
                found[name] = each
        return [found[name] for name in sorted(found)]

    def _read(self, listed: "_DeskFile", most: int) -> bytes:
        """Source: S3 API, GetObject: 412 if `IfMatch` is not the ETag of the object.

        Raises:
            GoneError: the file was deleted or changed since it was listed.
        """
        key = listed.key
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=key, IfMatch=listed.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in THERE_ALREADY or self._is_gone(key, error):
                raise GoneError(key) from error
            raise
        with closing(answer["Body"]) as body:
            return body.read(most + 1) if answer["ContentLength"] > most else body.read()

    def _original(self, key: str, digest: str) -> str:
        """The digest of the original, unless the metadata are about another content, as after a copy."""
        head = unless(ABSENT | DENIED, self.s3.head_object, Bucket=self.bucket, Key=key)
        metadata = head.get("Metadata", {}) if head else {}
        original, _, own = metadata.get(IN_PLACE_OF, "").partition(" ")
        return original if own == digest and _SHA_256.fullmatch(original) else digest

    def _is_gone(self, key: str, error: ClientError) -> bool:
        """Whether a file was deleted since it was listed.

        Where we may list only a prefix, S3 answers 403 to a missing object as well as to a missing right; the
        latter must not look as if editors had withdrawn the issue. The list distinguishes the two.
        """
        code = error.response["Error"]["Code"]
        if code not in DENIED:
            return code in ABSENT
        return all(entry["Key"] != key for entry in objects(self.s3, self.bucket, key))


@dataclass(frozen=True)
class _DeskFile:
    """A file of an editor as S3 lists it; `name` is within the folder, in NFC."""

    name: str
    changed_at: datetime
    key: str
    etag: str
    size: int

    @property
    def recency(self) -> tuple[datetime, str]:
        """Greater for the newer file; S3 knows only whole seconds, so the key decides between equals."""
        return self.changed_at, self.key

    @property
    def is_picture(self) -> bool:
        return self.name.startswith(PICTURES)


def _digest(listed: list[_DeskFile]) -> str:
    if all(is_picture(each.name) for each in listed):
        return ""
    state = [[each.name, each.etag, each.size] for each in listed]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class _LazyFiles(Mapping[str, bytes]):
    """Files by name, each read when it is asked for."""

    files: dict[str, _DeskFile]
    read: Callable[[_DeskFile], bytes]

    def __getitem__(self, name: str) -> bytes:
        return self.read(self.files[name])

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)
