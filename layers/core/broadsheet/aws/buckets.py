"""The site in S3, and what other adapters of S3 share with it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOR_A_MINUTE = "public, max-age=60"
FOREVER = "public, max-age=31536000, immutable"
FOR_NOBODY = "private, no-store"
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
MOST_LISTED = 100  # for ETags, so that a folder that grows with the years costs the same
THERE_ALREADY = {"PreconditionFailed", "412"}
LOST_RACE = {*THERE_ALREADY, "ConditionalRequestConflict", "409"}
ABSENT = {"404", "NoSuchKey", "NotFound"}
DENIED = {"403", "Forbidden", "AccessDenied"}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class S3Site:
    """The public bucket."""

    s3: "S3Client"
    bucket: str

    def put(self, path: str, content: bytes, *, forever: bool = False) -> None:
        """Write an object over the last one; drafts are never cached."""
        self.s3.put_object(Bucket=self.bucket, Key=path, Body=content, **_headers(path, forever=forever))

    def remove(self, path: str) -> None:
        """Delete an object; S3 keeps earlier versions for a while."""
        self.s3.delete_object(Bucket=self.bucket, Key=path)

    def etag(self, path: str) -> str | None:
        """The ETag of an object, None if there is none.

        S3 answers 403 to a missing object, unless we may list the bucket without a condition.
        Source: S3 API, PutObject and Object: with SSE-S3 the ETag of a single put is the MD5 of its content.
        """
        found = unless(ABSENT | DENIED, self.s3.head_object, Bucket=self.bucket, Key=path)
        return found["ETag"] if found else None

    def etags(self, paths: Collection[str]) -> dict[str, str | None]:
        """One list for the paths of a folder (`en/topics/`), with its first hundred objects.

        Source: S3 user guide, "Amazon S3 data consistency model": lists are strongly consistent, too.
        """
        folders, found = defaultdict[str, list[str]](list), dict[str, str | None]()
        for path in sorted(paths):
            folders["/".join(path.split("/")[:2])].append(path)
        for folder, group in folders.items():
            listed, last = {}, ""
            if len(group) > 1:
                prefix = f"{folder}/"
                answer = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=MOST_LISTED)
                listed = {each["Key"]: each["ETag"] for each in answer.get("Contents", ())}
                last = max(listed) if answer["IsTruncated"] else group[-1]
            found |= {path: listed.get(path) if path <= last else self.etag(path) for path in group}
        return found

    def replace(self, path: str, content: bytes, etag: str | None) -> bool:
        """Write only over `etag`, or only if there is nothing; False if another object is there.

        Source: S3 conditional writes: 412 on a mismatch, 409 on a race, 404 if the object of `etag` is gone,
        403 for roles that may not list the bucket. A missing right is seen at the next write.
        """
        headers = {**_headers(path), **({"IfMatch": etag} if etag else {"IfNoneMatch": "*"})}
        lost = LOST_RACE | ABSENT | (DENIED if etag else set())
        put = unless(lost, self.s3.put_object, Bucket=self.bucket, Key=path, Body=content, **headers)
        return put is not None

    def names(self, prefix: str) -> list[str]:
        """All paths with this prefix, a thousand a call, ordered by bytes."""
        return [entry["Key"] for entry in objects(self.s3, self.bucket, prefix)]


def unless(codes: Collection[str], call: Callable[..., _Answer], **parameters: Any) -> _Answer | None:  # noqa: ANN401  # S3's
    """The answer to a call of S3; None if S3 answers with one of these error codes."""
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def objects(s3: "S3Client", bucket: str, prefix: str) -> Iterator[Any]:
    """The objects with this prefix, a thousand a call."""
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
