"""Accepted texts and mail bodies in S3, on the desk."""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from broadsheet.aws.buckets import ABSENT, CONTENT_TYPES, DENIED, THERE_ALREADY, objects, unless
from broadsheet.mailings.body import Body, BodyBrokenError
from broadsheet.mailings.template_text import rewritten

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_WITHDRAWN: Any = {"TagSet": [{"Key": "withdrawn", "Value": "true"}]}  # the template has such objects expire


@dataclass(frozen=True)
class S3Revisions:
    """Accepted texts and mail bodies on the desk, below `revisions/`.

    Shape: `<issue>/<edition>/<revision>.md`, and beside it `<revision>.<digest of the body>.json`, since
    another release may make another mail of the same text. Older releases kept the body in `<revision>.json`.
    """

    s3: "S3Client"
    bucket: str

    def keep(self, issue: str, edition: str, revision: str, text: bytes, body: Body) -> bool:
        """Write the text, then the body, so that no body is ever without its text.

        A second call writes only what is missing.
        """
        path = f"revisions/{issue}/{edition}/{revision}"
        is_new = self._write_once(f"{path}.md", text, "text/markdown; charset=utf-8")
        content = json.dumps(asdict(body), ensure_ascii=False).encode()
        return self._write_once(f"{path}.{body.digest}.json", content, CONTENT_TYPES["json"]) and is_new

    def forget(self, issue: str, edition: str) -> None:
        """Tag the objects, so that S3 deletes them; a mailing that has begun may need them until then."""
        for entry in objects(self.s3, self.bucket, f"revisions/{issue}/{edition}/"):
            self.s3.put_object_tagging(Bucket=self.bucket, Key=entry["Key"], Tagging=_WITHDRAWN)

    def recall(self, issue: str, edition: str, revision: str) -> None:
        """Remove the tag."""
        for entry in objects(self.s3, self.bucket, f"revisions/{issue}/{edition}/{revision}."):
            self.s3.delete_object_tagging(Bucket=self.bucket, Key=entry["Key"])

    def text(self, issue: str, edition: str, revision: str) -> bytes:
        """Read the text."""
        key = f"revisions/{issue}/{edition}/{revision}.md"
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def body(self, issue: str, edition: str, revision: str, digest: str = "") -> Body:
        """Read the body; of another release's, missing fields are empty and unknown ones are left out.

        Subject and parts are rewritten as this release's template text: that changes nothing in a body of
        this release, and one that was tampered with no longer has its digest. A body that is not stored under
        its digest was kept by an older release.
        """
        path = f"revisions/{issue}/{edition}/{revision}"
        content = self._find(f"{path}.{digest}.json") if digest else None
        content = self._find(f"{path}.json") if content is None else content
        if content is None:
            raise BodyBrokenError(f"{path} is not there")
        try:
            return self._body(json.loads(content))
        except (ValueError, TypeError):
            raise BodyBrokenError(path) from None

    def _body(self, stored: Any) -> Body:  # noqa: ANN401  # what JSON holds
        if not isinstance(stored, dict) or not all(stored.get(part) for part in ("subject", "html", "text")):
            raise TypeError("no mail")
        needed = [f.name for f in fields(Body) if f.default is MISSING and f.default_factory is MISSING]
        known = {field.name: stored[field.name] for field in fields(Body) if field.name in stored}
        given = {**dict.fromkeys(needed, ""), **known}
        return Body(**given | {name: rewritten(given[name]) for name in ("subject", "html", "text")})

    def _write_once(self, key: str, content: bytes, content_type: str) -> bool:
        headers = {"ContentType": content_type, "IfNoneMatch": "*"}
        put = unless(THERE_ALREADY, self.s3.put_object, Bucket=self.bucket, Key=key, Body=content, **headers)
        return put is not None

    def _find(self, key: str) -> bytes | None:
        """The object; S3 answers 403 to a missing one, since the roles may not list the bucket."""
        found = unless(ABSENT | DENIED, self.s3.get_object, Bucket=self.bucket, Key=key)
        return found["Body"].read() if found else None
