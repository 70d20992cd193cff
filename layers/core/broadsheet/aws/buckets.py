"""Desk and site in S3."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from broadsheet.issues.ports import IssueFiles

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOR_A_MINUTE = "public, max-age=60"
FOREVER = "public, max-age=31536000, immutable"
FOR_NOBODY = "private, no-store"
MOST_TEXT_BYTES = 5_000_000
MOST_PICTURE_BYTES = 30_000_000
CONTENT_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "ico": "image/x-icon",
}
FEED_TYPES = {"feed.xml": "application/atom+xml; charset=utf-8", "feed.json": "application/feed+json"}
_MADE_BY_SYSTEMS = {"thumbs.db", "desktop.ini", "__macosx"}
THERE_ALREADY = {"PreconditionFailed", "412"}
_LOST_RACE = {*THERE_ALREADY, "ConditionalRequestConflict", "409"}
ABSENT = {"404", "NoSuchKey", "NotFound"}
DENIED = {"403", "Forbidden", "AccessDenied"}


@dataclass(frozen=True)
class S3Desk:
    """The desk: what editors write, and our reports beside it.

    Of a file that is too large a byte more is read than it may have, so that its reader refuses it.
    """

    s3: "S3Client"
    bucket: str
    most_text_bytes: int = MOST_TEXT_BYTES
    most_picture_bytes: int = MOST_PICTURE_BYTES

    def digest(self, folder: str) -> str:
        """A hash of names, ETags and sizes of what `files` would give; "" without a text."""
        return _digest(self._listed(folder))

    def files(self, folder: str) -> IssueFiles:
        """List, then read; the digest is the list's, so that what changes meanwhile is seen the next time."""
        texts: dict[str, bytes] = {}
        pictures: dict[str, bytes] = {}
        listed = self._listed(folder)
        for each in listed:
            if each.is_text and (content := self._read(each.key, self.most_text_bytes)) is not None:
                texts[each.name.removesuffix(".md")] = content
            elif each.is_picture and (content := self._read(each.key, self.most_picture_bytes)) is not None:
                pictures[each.name] = content
        strays = tuple(each.name for each in listed if not each.is_text and not each.is_picture)
        return IssueFiles(_digest(listed), texts, pictures, strays)

    def editions(self, folder: str) -> set[str]:
        """The names of the texts, by one list."""
        return {each.name.removesuffix(".md") for each in self._listed(folder) if each.is_text}

    def report(self, path: str, html: str) -> None:
        """Write a report over the last one."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=f"reports/{path}",
            Body=html.encode(),
            ContentType=CONTENT_TYPES["html"],
        )

    def _listed(self, folder: str) -> list["_Listed"]:
        """What editors put there, by name; of two spellings of one name the newer file."""
        prefix = f"{folder}/"
        found: dict[str, _Listed] = {}
        for entry in objects(self.s3, self.bucket, prefix):
            name = unicodedata.normalize("NFC", entry["Key"].removeprefix(prefix))
            each = _Listed(name, entry["LastModified"], entry["Key"], entry["ETag"], entry["Size"])
            if not each.is_hidden and (name not in found or found[name].age < each.age):
                found[name] = each
        return [found[name] for name in sorted(found)]

    def _read(self, key: str, most: int) -> bytes | None:
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if self._is_gone(key, error):
                return None
            raise
        with closing(answer["Body"]) as body:
            return body.read(most + 1) if answer["ContentLength"] > most else body.read()

    def _is_gone(self, key: str, error: ClientError) -> bool:
        """Whether a file was deleted since it was listed.

        S3 says 403 both to that, where we may list a prefix only, and to a right that we lack; the latter
        must not look as if editors had withdrawn the issue. The list tells the two apart.
        """
        code = error.response["Error"]["Code"]
        if code not in DENIED:
            return code in ABSENT
        return all(entry["Key"] != key for entry in objects(self.s3, self.bucket, key))


@dataclass(frozen=True)
class S3Site:
    """The public bucket."""

    s3: "S3Client"
    bucket: str

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write an object over the last one; a page may be cached for a minute, a draft not at all."""
        self.s3.put_object(Bucket=self.bucket, Key=path, Body=content, **_headers(path, forever=forever))

    def remove(self, path: str) -> None:
        """Delete an object; earlier versions stay for a while."""
        self.s3.delete_object(Bucket=self.bucket, Key=path)

    def etag(self, path: str) -> str | None:
        """The ETag of what is there.

        S3 says 403 where nothing is, unless we may list the bucket without a condition.
        Source: S3 API, PutObject and Object: with SSE-S3 the ETag of a single put is the MD5 of its content.
        """
        try:
            return self.s3.head_object(Bucket=self.bucket, Key=path)["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT | DENIED:
                return None
            raise

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write only over `etag`; a second call is refused, unless the content is the same.

        Source: S3 conditional writes, 412 on a mismatch and 409 on a race; where `etag` is gone 404, and 403
        for who may not list the bucket. A right that is really missing is refused again by the next write.
        """
        headers = {**_headers(path), **({"IfMatch": etag} if etag else {"IfNoneMatch": "*"})}
        try:
            self.s3.put_object(Bucket=self.bucket, Key=path, Body=content, **headers)
        except ClientError as error:
            lost = _LOST_RACE | ABSENT | (DENIED if etag else set())
            if error.response["Error"]["Code"] in lost:
                return False
            raise
        return True

    def names(self, prefix: str) -> list[str]:
        """All paths that begin so, a thousand a call, in the order of their bytes."""
        return [entry["Key"] for entry in objects(self.s3, self.bucket, prefix)]


@dataclass(frozen=True)
class _Listed:
    """A file of an editor as S3 lists it; `name` within the folder, its letters composed (NFC)."""

    name: str
    changed_at: datetime
    key: str
    etag: str
    size: int

    @property
    def age(self) -> tuple[datetime, str]:
        """Greater for the newer; S3 knows whole seconds, so the key decides between equals."""
        return self.changed_at, self.key

    @property
    def is_text(self) -> bool:
        return self.name.endswith(".md") and "/" not in self.name

    @property
    def is_picture(self) -> bool:
        return self.name.startswith("images/")

    @property
    def is_hidden(self) -> bool:
        """Whether it is no editor's: a folder's mark, or what a system or a word processor leaves behind."""
        parts = self.name.lower().split("/")
        return not parts[-1] or any(
            part.startswith((".", "~$")) or part in _MADE_BY_SYSTEMS for part in parts
        )


def _digest(listed: list[_Listed]) -> str:
    if not any(each.is_text for each in listed):
        return ""
    state = [[each.name, each.etag, each.size] for each in listed]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def objects(s3: "S3Client", bucket: str, prefix: str) -> Iterator[Any]:
    """What lies below a prefix, a thousand a call."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def _headers(path: str, *, forever: bool = False) -> dict[str, Any]:
    cached = FOREVER if forever else FOR_A_MINUTE
    name = path.rpartition("/")[2]
    kind = CONTENT_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return {
        "CacheControl": FOR_NOBODY if path.startswith("drafts/") else cached,
        "ContentType": FEED_TYPES.get(name, kind),
    }
