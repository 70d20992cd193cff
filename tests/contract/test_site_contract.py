"""What `Site` promises, kept by the fake and by S3."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from broadsheet.aws.buckets import MOST_LISTED, S3Site
from broadsheet.site.ports import Site
from tests import in_moto
from tests.fakes.issues import FakeSite
from tests.from_template import create_bucket

PAGE = "en/index.html"


@pytest.fixture(params=["fake", "S3"])
def site(request: pytest.FixtureRequest) -> Site:
    return FakeSite() if request.param == "fake" else on_s3(request.getfixturevalue("aws"))


def on_s3(aws: dict[str, Any]) -> S3Site:
    return S3Site(boto3.client("s3"), create_bucket(aws, "SiteBucket"))


def content(site: Site, path: str = PAGE) -> bytes:
    if isinstance(site, FakeSite):
        return site.objects[path]
    assert isinstance(site, S3Site)
    return site.s3.get_object(Bucket=site.bucket, Key=path)["Body"].read()


def test_nothing_is_there_before_it_is_written(site: Site) -> None:
    assert site.etag(PAGE) is None


def test_writing_replaces_an_existing_object(site: Site) -> None:
    site.put(PAGE, b"one")
    site.put(PAGE, b"two")

    assert content(site) == b"two"


def test_an_etag_is_the_md5_of_the_content(site: Site) -> None:
    site.put(PAGE, "адзін".encode())
    first = site.etag(PAGE)
    site.replace(PAGE, b"two", first)

    assert (first, site.etag(PAGE)) == (
        '"fe04711bb34cbd3232ab163419dced2c"',
        '"b8a9f715dbb64fd5c56e7783c6820a61"',
    )


def test_a_page_that_nobody_touched_is_replaced(site: Site) -> None:
    site.put(PAGE, b"one")

    assert site.replace(PAGE, b"two", site.etag(PAGE))

    assert content(site) == b"two"


def test_a_page_that_somebody_changed_is_left_alone(site: Site) -> None:
    site.put(PAGE, b"one")
    seen = site.etag(PAGE)
    site.put(PAGE, b"theirs")

    assert not site.replace(PAGE, b"ours", seen)

    assert content(site) == b"theirs"


def test_a_new_page_is_written_if_none_existed(site: Site) -> None:
    assert site.replace(PAGE, b"one", None)

    assert content(site) == b"one"


def test_a_page_that_appeared_meanwhile_is_left_alone(site: Site) -> None:
    site.put(PAGE, b"theirs")

    assert not site.replace(PAGE, b"ours", None)

    assert content(site) == b"theirs"


def test_a_page_that_somebody_removed_meanwhile_is_not_brought_back(site: Site) -> None:
    site.put(PAGE, b"one")
    seen = site.etag(PAGE)
    site.remove(PAGE)

    assert not site.replace(PAGE, b"ours", seen)

    assert site.etag(PAGE) is None


def test_replacing_by_the_same_content_succeeds_twice(site: Site) -> None:
    site.put(PAGE, b"one")
    seen = site.etag(PAGE)

    assert site.replace(PAGE, b"one", seen)
    assert site.replace(PAGE, b"one", seen)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("en/index.html", "text/html; charset=utf-8"),
        ("assets/style-0123456789.css", "text/css; charset=utf-8"),
        ("assets/sign-0123456789.svg", "image/svg+xml"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("en/feed.xml", "application/atom+xml; charset=utf-8"),
        ("en/feed.json", "application/feed+json"),
        ("sitemap.xml", "application/xml"),
        ("en/sitemap-2016.xml", "application/xml"),
        ("build.json", "application/json"),
        ("media/2016-12-05/bridge-0123456789-720.png", "image/png"),
        ("media/2016-12-05/bridge-0123456789-720.jpg", "image/jpeg"),
        ("media/2016-12-05/bridge-0123456789-720.webp", "image/webp"),
        ("media/2016-12-05/no-suffix", "application/octet-stream"),
    ],
)
def test_an_object_is_served_as_what_it_is(aws: dict[str, Any], path: str, content_type: str) -> None:
    site = on_s3(aws)

    site.put(path, b"content")

    assert site.s3.head_object(Bucket=site.bucket, Key=path)["ContentType"] == content_type


def test_pages_are_cached_for_a_minute_what_is_named_by_content_forever_and_drafts_never(
    aws: dict[str, Any],
) -> None:
    site = on_s3(aws)

    site.put("put.html", b"page")
    site.replace("replaced.html", b"page", None)
    site.put("assets/style-0123456789.css", b"sheet", forever=True)
    site.put("drafts/2016-12-05/en.html", b"draft")
    site.replace("drafts/2016-12-05/be.html", b"draft", None)
    site.put("drafts/2016-12-05/bridge-0123456789.png", b"picture", forever=True)

    cached = {
        path: site.s3.head_object(Bucket=site.bucket, Key=path)["CacheControl"] for path in site.names("")
    }
    assert cached == {
        "put.html": "public, max-age=60",
        "replaced.html": "public, max-age=60",
        "assets/style-0123456789.css": "public, max-age=31536000, immutable",
        "drafts/2016-12-05/en.html": "private, no-store",
        "drafts/2016-12-05/be.html": "private, no-store",
        "drafts/2016-12-05/bridge-0123456789.png": "private, no-store",
    }


def test_names_are_the_paths_that_begin_so(site: Site) -> None:
    for path in ("drafts/2016-12-05/en.html", "drafts/2016-12-05/be.html", "drafts/2016-12-12/en.html", PAGE):
        site.put(path, b"page")

    assert site.names("drafts/2016-12-05/") == ["drafts/2016-12-05/be.html", "drafts/2016-12-05/en.html"]
    assert site.names("drafts/2017") == []


def test_names_are_all_there_when_they_are_more_than_one_answer_lists(aws: dict[str, Any]) -> None:
    site = on_s3(aws)
    paths = [f"en/{number:04}.html" for number in range(1_001)]
    in_moto.put_objects("sitebucket", paths)

    assert site.names("en/") == paths


def test_the_etags_of_several_pages_are_those_of_each(site: Site) -> None:
    paths = [PAGE, "en/topics/index.html", "en/topics/security/2016.html", "en/topics/security/2017.html"]
    for path in paths[:3]:
        site.put(path, path.encode())

    assert site.etags(paths) == {path: site.etag(path) for path in paths}
    assert [path for path, etag in site.etags(paths).items() if etag is None] == paths[3:]


def test_etags_behind_those_that_are_listed_are_asked_for_alone(aws: dict[str, Any]) -> None:
    site = on_s3(aws)
    paths = [f"en/topics/{number:04}.html" for number in range(MOST_LISTED + 2)]
    in_moto.put_objects("sitebucket", paths)
    asked: list[str] = []
    site.s3.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))

    assert None not in site.etags(paths).values()
    assert asked == ["ListObjectsV2", "HeadObject", "HeadObject"]


def test_a_removed_page_does_not_exist_and_removing_it_again_is_no_error(site: Site) -> None:
    site.put(PAGE, b"one")

    site.remove(PAGE)
    site.remove(PAGE)

    assert site.etag(PAGE) is None


@pytest.mark.parametrize(
    ("etag", "code", "answer"),
    [
        ('"one"', "AccessDenied", False),
        ('"one"', "NoSuchKey", False),
        ('"one"', "PreconditionFailed", False),
        (None, "AccessDenied", ClientError),
    ],
)
def test_a_missing_page_is_no_failure_although_s3_may_answer_access_denied(
    aws: dict[str, Any],
    etag: str | None,
    code: str,
    answer: bool | type[Exception],  # noqa: FBT001  # a column
) -> None:
    """S3 answers 403 for 404 to who may not list; a first write without the right is another matter."""
    site = on_s3(aws)
    with Stubber(site.s3) as s3:
        s3.add_client_error("put_object", code, http_status_code=403)
        if answer is False:
            assert site.replace(PAGE, b"two", etag) is False
        else:
            with pytest.raises(ClientError):
                site.replace(PAGE, b"two", etag)
