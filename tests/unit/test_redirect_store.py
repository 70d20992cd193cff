"""What the CDN's key-value store imports, and where deploying puts it."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest

from cli.deployment.redirects import redirects_source
from infrastructure.build import read_template
from infrastructure.redirect_store import (
    MOST_IMPORT_BYTES,
    TooManyRedirectsError,
    import_file,
    imported,
    object_key,
    redirects_to_import,
)
from tests.fakes.cloudformation import refused

PAIRS = {"/мост": "/be/", "/?p=12": "/en/2016-12-05/"}


def test_the_import_has_cloudfront_s_form_and_letters_as_they_are() -> None:
    content = import_file(PAIRS)
    assert json.loads(content) == {
        "data": [{"key": "/?p=12", "value": "/en/2016-12-05/"}, {"key": "/мост", "value": "/be/"}]
    }
    assert "мост".encode() in content
    assert imported(content) == PAIRS


def test_its_name_depends_on_its_content_alone() -> None:
    reordered = dict(reversed(PAIRS.items()))
    assert object_key(import_file(reordered)) == object_key(import_file(PAIRS))
    assert object_key(import_file({**PAIRS, "/a": "/en/"})) != object_key(import_file(PAIRS))


def test_more_than_the_store_holds_is_refused_with_what_to_delete() -> None:
    def pairs(number: int) -> dict[str, str]:
        paths = {f"/2016/12/05/{'a-long-old-address-' * 8}{n}": "/en/2016-12-05/" for n in range(number)}
        return paths | {f"/?p={n}": "/en/2016-12-05/" for n in range(100)}

    per_pair = len(import_file(pairs(2000))) - len(import_file(pairs(1999)))
    fits = (MOST_IMPORT_BYTES - len(import_file(pairs(0)))) // (per_pair + 2)
    assert len(import_file(pairs(fits))) <= MOST_IMPORT_BYTES
    with pytest.raises(TooManyRedirectsError) as caught:
        import_file(pairs(fits + 1000))
    assert f"redirects.toml has {fits + 1100:,} addresses." in caught.value.message
    assert f"which holds {MOST_IMPORT_BYTES:,}." in caught.value.message
    assert "100 like /?p=12 take " in caught.value.message


def test_without_a_file_or_without_redirects_there_is_nothing_to_import(tmp_path: Path) -> None:
    file = tmp_path / "redirects.toml"
    assert redirects_to_import(file, ["en"]) == b""
    file.write_text("[redirects]\n", encoding="utf-8")
    assert redirects_to_import(file, ["en"]) == b""
    file.write_text('[redirects]\n"/a/" = "/en/"\n', encoding="utf-8")
    assert redirects_to_import(file, ["en"]) == import_file({"/a": "/en/"})


def test_a_file_that_is_there_and_can_t_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "redirects.toml"
    file.symlink_to(tmp_path / "missing.toml")
    with pytest.raises(click.ClickException, match="can't be read: No such file"):
        redirects_to_import(file, ["en"])
    file.unlink()
    file.mkdir()
    with pytest.raises(click.ClickException, match="can't be read: Is a directory"):
        redirects_to_import(file, ["en"])


@dataclass
class Account:
    """CloudFormation and S3 as far as deploying asks them."""

    stacks: dict[str, dict[str, str]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    partition: str = "aws"

    @property
    def meta(self) -> "Account":
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803  # boto3's keyword
        if StackName not in self.stacks:
            raise refused("DescribeStacks", "ValidationError")
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.stacks[StackName].items()]
        return {"Stacks": [{"Outputs": outputs}]}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803  # boto3's keywords
        self.objects[f"{Bucket}/{Key}"] = Body

    def make_sam_bucket(self) -> None:
        assert not self.stacks
        self.stacks["aws-sam-cli-managed-default"] = {"SourceBucket": "sam-bucket"}

    def source(self, content: bytes, settings: dict[str, str] | None = None) -> str:
        cloudformation: Any = self
        s3: Any = self
        found = redirects_source(content, settings or {}, cloudformation, s3, self.make_sam_bucket)
        assert found.keys() == {"RedirectsSource"}
        return found["RedirectsSource"]


def test_deploying_uploads_the_import_into_sam_s_bucket_which_is_made_once() -> None:
    account, content = Account(), import_file(PAIRS)
    source = account.source(content)
    assert source == f"arn:aws:s3:::sam-bucket/{object_key(content)}"
    assert account.source(content) == source
    assert account.objects == {f"sam-bucket/{object_key(content)}": content}


def test_a_bucket_of_the_operator_s_own_is_used_and_another_partition() -> None:
    account, content = Account(partition="aws-us-gov"), import_file(PAIRS)
    assert account.source(content, {"s3_bucket": "own"}) == f"arn:aws-us-gov:s3:::own/{object_key(content)}"
    assert (list(account.objects), account.stacks) == ([f"own/{object_key(content)}"], {})


def test_without_redirects_nothing_is_uploaded_and_the_parameter_is_empty() -> None:
    account = Account()
    assert account.source(b"") == ""
    assert (account.objects, account.stacks) == ({}, {})


def test_a_bucket_that_sam_does_not_make_ends_deploying() -> None:
    account = Account({"aws-sam-cli-managed-default": {}})
    account.make_sam_bucket = lambda: None  # type: ignore[method-assign]
    with pytest.raises(click.ClickException, match="Nothing was deployed"):
        account.source(import_file(PAIRS))


def test_the_template_takes_what_deploying_passes_and_names_the_store_by_it() -> None:
    template = read_template()
    source = Account({"aws-sam-cli-managed-default": {"SourceBucket": "sam-bucket"}}).source(
        import_file(PAIRS)
    )
    pattern = template["Parameters"]["RedirectsSource"]["AllowedPattern"]
    assert re.fullmatch(pattern, source)
    assert re.fullmatch(pattern, "")
    assert not re.fullmatch(pattern, "arn:aws:s3:::sam-bucket/other.json")
    store = template["Resources"]["OldAddresses"]
    assert store["Condition"] == "HasRedirects"
    name, values = store["Properties"]["Name"]["Fn::Sub"]
    select = values["Digest"]["Fn::Select"]
    separator = select[1]["Fn::Split"][0]
    digest = source.split(separator)[select[0]]
    assert re.fullmatch("[0-9a-f]{12}", digest)
    written = name.replace("${AWS::StackName}", "s" * 36).replace("${AWS::Region}", "ap-southeast-1")
    assert len(written.replace("${Digest}", digest)) <= 64  # CloudFront's limit
