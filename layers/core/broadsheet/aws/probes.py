"""Deletes what killed runs of `broadsheet verify` left on the desk."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.probes import DRAFTS
from broadsheet.retention import PROBES

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOLDERS = (f"drafts/{DRAFTS}", f"reports/drafts/{DRAFTS}")


@dataclass(frozen=True)
class S3Leftovers:
    """Drafts and reports of probes in the desk's bucket.

    The bucket's lifecycle rules delete them, too, but S3 rounds a day up to midnight and may be late.
    Source: S3 User Guide, "Expiring objects".
    """

    s3: "S3Client"
    bucket: str

    def clear_away(self, now: datetime) -> None:
        """Delete what is older than a probe lives; anything younger may belong to a running one.

        Deletion events remove the previews. A second call finds nothing, or what is left of a folder with
        more than a thousand objects.
        """
        for prefix in FOLDERS:
            listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            for entry in listed.get("Contents", []):
                if entry["LastModified"] < now - PROBES:
                    self.s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
