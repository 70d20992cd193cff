"""What is built is what the tree says, the same each time."""

import json
import socket
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from infrastructure.build import ROOT, BuildError, Target, build, code_of, read_template
from local import credentials
from local.engine import zipped
from local.system import LocalSystem, LocalSystemError, free_port


def test_every_function_and_layer_gets_a_folder_of_its_own() -> None:
    built = build(Target.local())
    template = json.loads(built.read_text(encoding="utf-8"))
    for logical_id, resource, key in code_of(template):
        assert resource["Properties"][key] == logical_id
        assert any((built.parent / logical_id).iterdir())
    assert (built.parent / "NewsletterLayer/newsletter.toml").read_bytes() == (
        ROOT / "newsletter.toml"
    ).read_bytes()
    assert (built.parent / "CoreLayer/python/broadsheet/settings.py").is_file()
    assert (built.parent / "DependenciesLayer/python/botocore/data/sesv2").is_dir()
    assert not (built.parent / "DependenciesLayer/python/botocore/data/ec2").exists()


def test_layers_carry_bytecode_that_is_checked_by_nothing_but_its_source() -> None:
    built = build(Target.local())
    compiled = next((built.parent / "CoreLayer/python/broadsheet/__pycache__").glob("settings.*.pyc"))
    unchecked_hash = (1).to_bytes(4, "little")
    assert compiled.read_bytes()[4:8] == unchecked_hash


def test_the_layer_of_our_code_carries_every_template_compiled() -> None:
    rendering = build(Target.local()).parent / "CoreLayer/python/broadsheet/rendering"
    compiled = {file.name: file.read_bytes() for file in (rendering / "__pycache__").glob("*.cache")}
    names = {name.removeprefix("__jinja2_").rpartition("-")[0] for name in compiled}
    assert names == {file.name for file in (rendering / "templates").iterdir()}
    assert not [name for name, code in compiled.items() if str(ROOT).encode() in code]


def test_a_zip_depends_on_the_content_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text("x = 1\n", encoding="utf-8")
    assert zipped(tmp_path / "one") == zipped(tmp_path / "two")
    assert zipfile.ZipFile(BytesIO(zipped(tmp_path / "one"))).namelist() == ["app.py"]
    (tmp_path / "two/app.py").write_text("x = 2\n", encoding="utf-8")
    assert zipped(tmp_path / "one") != zipped(tmp_path / "two")


def test_a_layer_that_cant_be_built_says_what_make_said(tmp_path: Path) -> None:
    template = read_template()
    template["Resources"] = {"NoSuchLayer": template["Resources"]["CoreLayer"]}
    file = tmp_path / "template.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    with pytest.raises(BuildError, match=r"NoSuchLayer could not be built:\n.*No rule to make target"):
        build(Target("broken", ()), file)


def test_a_port_in_use_is_reported_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        system = LocalSystem(tmp_path / "state", port, free_port())
        with pytest.raises(LocalSystemError, match=f"Port {port} is in use"):
            system.start()
    assert LocalSystem.running(system.state) is None


def test_the_folder_of_unpacked_functions_is_deleted_with_the_system(tmp_path: Path) -> None:
    system = LocalSystem(tmp_path / "state", free_port(), free_port())
    credentials.make(system.state)
    scratch = Path(system.engine.environment("http://ses.test")["TMPDIR"])
    assert scratch.is_relative_to(system.state)
    scratch.mkdir(parents=True)
    (scratch / "left-over").write_text("x", encoding="utf-8")
    system.engine.empty_scratch()
    assert list(scratch.iterdir()) == []


def test_the_same_interpreter_by_another_name_rebuilds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = set()
    for name in ("python", "python3"):
        monkeypatch.setattr(sys, "executable", str(Path(sys.executable).with_name(name)))
        targets |= {Target.local(), Target.aws()}
    assert len(targets) == 2
