"""What runs of `broadsheet verify` have left on the desk that were killed."""

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

    The bucket's lifecycle rules forget them, too, but S3 rounds a day up to midnight and may be late.
    Source: S3 User Guide, "Expiring objects".
    """

    s3: "S3Client"
    bucket: str

    def clear_away(self, now: datetime) -> None:
        """Delete what is older than a probe lives; what is younger may be a run that is under way.

        The previews go by the deletions' events. A second time there is nothing left; of more than a thousand
        objects in a folder the rest goes the next time.
        """
        for prefix in FOLDERS:
            listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            for entry in listed.get("Contents", []):
                if entry["LastModified"] < now - PROBES:
                    self.s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
