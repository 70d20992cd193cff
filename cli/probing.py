"""The steps of `broadsheet verify`: one probe uses a deployed stack as readers and editors would.

Each step can be run by itself, in this order; the last one deletes what the others wrote. No step reads a
mail, signs a link or changes anything below `issues/`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.exceptions import ClientError

from broadsheet.newsletter import Edition, Newsletter
from broadsheet.probes import probe_address, probe_draft

UNKNOWN_LINK = "/api/unsubscribe?t=of-nobody"
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
DELIVERED = "delivery"
SECONDS_BETWEEN_LOOKS = 1.0
PUBLISHING = "the log of PublishIssueFunction, the mapping of DeskQueue, and DeskDeadLetters"
MAILING = (
    "the logs of ProcessSignupFunction and RecordFeedbackFunction, the mappings of their queues, their dead"
    " letters, and `{doctor} --round-trip`"
)
DRAFT = """---
title: A draft of broadsheet verify
summary: It is cleaned up in a minute.
---
Whether a draft gets its preview and its report, and nothing else.
"""


class StepFailedError(Exception):
    """A step failed; the message says what it found."""


@dataclass(frozen=True)
class ProbeObjects:
    """The probe's own objects on the desk below `drafts/`, and their reports below `reports/drafts/`."""

    s3: Any  # boto3's client
    bucket: str

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes | None:
        """Read an object; None if it does not exist.

        S3 answers 403 for a missing object unless the caller may list the bucket. Source: S3 API, GetObject.
        """
        try:
            content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
                return None
            raise
        return content

    def remove(self, prefix: str) -> None:
        """Delete the objects whose key begins with the prefix; a second call does nothing."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for listed in [listed for page in pages for listed in page.get("Contents", [])]:
            self.s3.delete_object(Bucket=self.bucket, Key=listed["Key"])


@dataclass(frozen=True)
class ProbeStep:
    """A step and where to look if it fails. `run` returns what it found in a few words."""

    name: str
    run: Callable[[], str]
    look_at: str


@dataclass(frozen=True)
class Probe:
    """One run. `recorded` gives the events of a probe by name; a wait ends after `patience` looks.

    `doctor` is the command that checks the same stack.
    """

    name: str
    site: str
    newsletter: Newsletter
    desk: ProbeObjects
    recorded: Callable[[str], frozenset[str]]
    pool: urllib3.PoolManager
    sleep: Callable[[float], None]
    patience: int
    doctor: str = "broadsheet doctor"

    def steps(self) -> Iterator[ProbeStep]:
        """All steps in order."""
        yield ProbeStep("front pages", self.front_pages, PUBLISHING)
        yield ProbeStep(
            "sign-up form", self.sign_up, f"the log of SubscribeFunction, and the CDN by `{self.doctor}`"
        )
        yield ProbeStep("confirmation delivered", self.delivered, MAILING.format(doctor=self.doctor))
        yield ProbeStep(
            "draft uploaded", self.upload_draft, "your permissions for the desk: the output VerifyPolicy"
        )
        yield ProbeStep("preview", self.preview, PUBLISHING)
        yield ProbeStep("report", self.report, PUBLISHING)
        yield ProbeStep("unsubscribing by a link", self.leave, "the log of UnsubscribeFunction, and the CDN")
        yield ProbeStep(
            "cleaned up", self.clean_up, f"{PUBLISHING}; the sweep deletes what is left within two hours"
        )

    def front_pages(self) -> str:
        """Each edition's front page answers, in its language."""
        for edition in self.newsletter.editions.values():
            answer = self._answer("GET", f"/{edition.id}/index.html")
            if answer.status != HTTPStatus.OK or f'lang="{edition.language}"'.encode() not in answer.data:
                raise StepFailedError(f"/{edition.id}/index.html answered {answer.status}")
        return ", ".join(self.newsletter.editions)

    def sign_up(self) -> str:
        """The public form accepts the address of SES's simulator as it accepts a reader's."""
        audience = self.newsletter.audiences[0].id
        fields = {"email": probe_address(self.name), "audience": audience, "edition": self._edition.id}
        answer = self._answer("POST", "/api/subscribe", urlencode(fields))
        if answer.status != HTTPStatus.SEE_OTHER:
            raise StepFailedError(f"/api/subscribe answered {answer.status}")
        return "taken"

    def delivered(self) -> str:
        """The delivery event of the confirmation mail was recorded."""
        if not self._until(lambda: DELIVERED in self.recorded(self.name)):
            came = ", ".join(sorted(self.recorded(self.name))) or "none"
            raise StepFailedError(f"no event of its delivery came back; events so far: {came}")
        return "event recorded"

    def upload_draft(self) -> str:
        """A text is uploaded to a folder of its own below `drafts/`."""
        self.desk.put(f"drafts/{self._draft}/{self._edition.id}.md", DRAFT.encode())
        return f"drafts/{self._draft}"

    def preview(self) -> str:
        """The draft's page answers, and asks search engines to leave it out."""
        if not self._until(lambda: self._answer("GET", self._page).status == HTTPStatus.OK):
            raise StepFailedError(f"{self._page} answers {self._answer('GET', self._page).status}")
        answer = self._answer("GET", self._page)
        if "noindex" not in answer.headers.get("x-robots-tag", "") and b"noindex" not in answer.data:
            raise StepFailedError(f"{self._page} does not say noindex")
        return "noindex"

    def report(self) -> str:
        """The report is on the desk and has a link to the preview."""
        key = f"reports/drafts/{self._draft}/{self._edition.id}.html"
        if not self._until(lambda: self._page.encode() in (self.desk.get(key) or b"")):
            raise StepFailedError(f"{key} is {'another' if self.desk.get(key) else 'not there'}")
        return "on the desk"

    def leave(self) -> str:
        """A mail provider's POST to an unknown link gets 200; a GET shows a page.

        Source: RFC 8058, section 3.2.
        """
        posted = self._answer("POST", UNKNOWN_LINK, "List-Unsubscribe=One-Click")
        if posted.status != HTTPStatus.OK:
            raise StepFailedError(f"a one-click post was answered {posted.status}")
        opened = self._answer("GET", UNKNOWN_LINK)
        if opened.status not in (HTTPStatus.OK, HTTPStatus.GONE) or b"</html>" not in opened.data:
            raise StepFailedError(f"opening the link was answered {opened.status}")
        return "answered"

    def clean_up(self) -> str:
        """The draft is deleted, and with it its preview; the report, which nobody may delete, expires."""
        self.desk.remove(f"drafts/{self._draft}/")
        if not self._until(lambda: self._answer("GET", self._page).status != HTTPStatus.OK):
            raise StepFailedError(f"{self._page} still answers")
        return "nothing left but its report, which expires within a day"

    @property
    def _draft(self) -> str:
        return probe_draft(self.name)

    @property
    def _edition(self) -> Edition:
        return next(iter(self.newsletter.editions.values()))

    @property
    def _page(self) -> str:
        return f"/drafts/{self._draft}/{self._edition.id}/{self._draft}/index.html"

    def _answer(self, method: str, path: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
        try:
            url, headers = self.site + path, FORM if body else {}
            return self.pool.request(method, url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise StepFailedError(f"{path} can't be reached: {type(error).__name__}") from None

    def _until(self, held: Callable[[], bool]) -> bool:
        for _ in range(self.patience):
            if held():
                return True
            self.sleep(SECONDS_BETWEEN_LOOKS)
        return held()
