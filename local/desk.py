"""/_local/desk: the editors' bucket in the browser; files can be viewed, uploaded and deleted."""

import mimetypes
from dataclasses import dataclass
from itertools import groupby

from botocore.exceptions import ClientError
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from local.stack import LocalStack

MOST_SHOWN = 2000
OPEN_FOLDERS = 3  # the others show their names until they are opened
# A draft may have any content, so files are shown like mails, without scripts.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox allow-popups"
TEXT_TYPES = {".md": "text/plain", ".toml": "text/plain", ".json": "application/json", ".csv": "text/plain"}


@dataclass(frozen=True, order=True)
class File:
    """One object of the desk; its key is `<folder>/<name>`."""

    folder: str
    name: str
    key: str
    size_bytes: int
    modified: str


@dataclass(frozen=True)
class Folder:
    """The files whose keys have one folder, by name."""

    name: str
    files: list[File]

    @property
    def modified(self) -> str:
        """When its newest file was written."""
        return max(file.modified for file in self.files)


def desk_pages(stack: LocalStack) -> Blueprint:
    """The pages of the stack's desk (logical id `DeskBucket`)."""
    pages = Blueprint("desk", __name__, url_prefix="/_local/desk")

    @pages.get("")
    def desk() -> str:
        by_folder = groupby(_files(stack), key=lambda file: file.folder)
        folders = [Folder(name, list(files)) for name, files in by_folder]
        newest_first = sorted(folders, key=lambda folder: folder.modified, reverse=True)
        done = request.args.get("done", "")
        return render_template("desk.html", folders=newest_first, open_count=OPEN_FOLDERS, done=done)

    @pages.get("/file/<path:key>")
    def file(key: str) -> Response:
        return _shown(stack, key)

    @pages.post("/put")
    def put() -> WerkzeugResponse:
        upload = request.files.get("file") or abort(400, "No file was chosen.")
        key = request.form.get("key", "").strip().lstrip("/")
        if not key or key.endswith("/"):
            key += upload.filename or ""
        if not key:
            abort(400, "Say where to put the file.")
        stack.s3.put_object(
            Bucket=stack.physical("DeskBucket"),
            Key=key,
            Body=upload.read(),
            ContentType=upload.mimetype or "application/octet-stream",
        )
        return redirect(url_for("desk.desk", done=f"Uploaded {key}"), 303)

    @pages.post("/delete")
    def delete() -> WerkzeugResponse:
        key = request.form.get("key") or abort(400, "No file was named.")
        stack.s3.delete_object(Bucket=stack.physical("DeskBucket"), Key=key)
        return redirect(url_for("desk.desk", done=f"Deleted {key}"), 303)

    return pages


def _files(stack: LocalStack) -> list[File]:
    bucket = stack.physical("DeskBucket")
    listing = stack.s3.get_paginator("list_objects_v2")
    pages = listing.paginate(Bucket=bucket, PaginationConfig={"MaxItems": MOST_SHOWN})
    return sorted(
        File(
            *one["Key"].rpartition("/")[::2],
            one["Key"],
            one["Size"],
            one["LastModified"].strftime("%Y-%m-%d %H:%M:%S UTC"),
        )
        for page in pages
        for one in page.get("Contents", [])
    )


def _shown(stack: LocalStack, key: str) -> Response:
    try:
        found = stack.s3.get_object(Bucket=stack.physical("DeskBucket"), Key=key)
    except ClientError:
        abort(404)
    ending = f".{key.rpartition('.')[2].lower()}"
    kind = TEXT_TYPES.get(ending) or mimetypes.guess_type(key)[0] or "application/octet-stream"
    response = Response(found["Body"].read(), mimetype=kind)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
