"""Desk, site and revisions in S3."""

import json
import mimetypes
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from broadsheet.issues.ports import IssueFiles
from broadsheet.mailings.body import Body

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOR_A_MINUTE = "public, max-age=60"
FOREVER = "public, max-age=31536000, immutable"
_LOST_RACE = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_MISSING = {"404", "403", "NoSuchKey", "NotFound", "Forbidden", "AccessDenied"}


@dataclass(frozen=True)
class S3Desk:
    """The desk: what editors write, and our reports beside it."""

    s3: "S3Client"
    bucket: str

    def issue(self, issue: str) -> IssueFiles:
        """The issue's files as they are now; one deleted while we read is as if never there."""
        prefix = f"issues/{issue}/"
        texts: dict[str, bytes] = {}
        pictures: dict[str, bytes] = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                name = PurePosixPath(unicodedata.normalize("NFC", entry["Key"].removeprefix(prefix)))
                if name.suffix == ".md" and len(name.parts) == 1:
                    self._add(texts, name.stem, entry["Key"])
                elif name.parts and name.parts[0] == "images":
                    self._add(pictures, str(name), entry["Key"])
        return IssueFiles(texts, pictures)

    def report(self, path: str, html: str) -> None:
        """Write a report over the last one."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=f"reports/{path}",
            Body=html.encode(),
            ContentType="text/html; charset=utf-8",
        )

    def _add(self, files: dict[str, bytes], name: str, key: str) -> None:
        try:
            files[name] = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise


@dataclass(frozen=True)
class S3Revisions:
    """Mail bodies on the desk, below `revisions/`."""

    s3: "S3Client"
    bucket: str

    def keep(self, issue: str, edition: str, revision: str, body: Body) -> None:
        """Write the body; the same revision gives the same bytes."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=_revision_key(issue, edition, revision),
            Body=json.dumps(asdict(body), ensure_ascii=False).encode(),
            ContentType="application/json",
        )

    def body(self, issue: str, edition: str, revision: str) -> Body:
        """Read the body."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=_revision_key(issue, edition, revision))
        return Body(**json.loads(answer["Body"].read()))


@dataclass(frozen=True)
class S3Site:
    """The public bucket."""

    s3: "S3Client"
    bucket: str

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write an object, cached for a minute or forever."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=path,
            Body=content,
            ContentType=_content_type(path),
            CacheControl=FOREVER if forever else FOR_A_MINUTE,
        )

    def remove(self, path: str) -> None:
        """Delete an object; earlier versions stay for a while."""
        self.s3.delete_object(Bucket=self.bucket, Key=path)

    def etag(self, path: str) -> str | None:
        """The ETag of what is there."""
        try:
            return self.s3.head_object(Bucket=self.bucket, Key=path)["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write only over `etag`.

        Source: S3 conditional writes, 412 on a mismatch and 409 on a race.
        """
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            self.s3.put_object(
                Bucket=self.bucket,
                Key=path,
                Body=content,
                ContentType=_content_type(path),
                CacheControl=FOR_A_MINUTE,
                **condition,  # type: ignore[arg-type]  # one of two optional headers
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST_RACE:
                return False
            raise
        return True


def _revision_key(issue: str, edition: str, revision: str) -> str:
    return f"revisions/{issue}/{edition}/{revision}.json"


def _content_type(path: str) -> str:
    found = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found
