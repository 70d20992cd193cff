"""The local system's files and processes are private to its user."""

import configparser
import os
import stat
from pathlib import Path

import pytest

from local import credentials, private
from local.engine import Engine
from local.stack import StackMissingError
from local.system import LocalSystem, LocalSystemError, free_port

OF_A_USER = {
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "HOME": "/home/operator",
    "USER": "operator",
    "AWS_PROFILE": "press",
    "AWS_SHARED_CREDENTIALS_FILE": "/home/operator/.aws/credentials",
    "AWS_CONFIG_FILE": "/home/operator/.aws/config",
    "AWS_ACCESS_KEY_ID": "AKIAOPERATOR",
    "AWS_SECRET_ACCESS_KEY": "operator's",
    "AWS_SESSION_TOKEN": "operator's",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/home/operator/token",
    "AWS_ROLE_ARN": "arn:aws:iam::1:role/operator",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/operator",
    "BOTO_CONFIG": "/home/operator/.boto",
    "XDG_CONFIG_HOME": "/home/operator/.config",
    "SSH_AUTH_SOCK": "/home/operator/agent",
    "HTTP_PROXY": "http://operator@proxy.test",
    "PYTHONPATH": "/home/operator/code",
}


def modes(folder: Path) -> dict[str, str]:
    found = {".": folder, **{str(path.relative_to(folder)): path for path in folder.rglob("*")}}
    return {name: oct(stat.S_IMODE(path.lstat().st_mode)) for name, path in found.items()}


def test_files_of_an_older_state_become_private(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "mail").mkdir(parents=True)
    (state / "mail" / "1.eml").write_text("a reader")
    for path, mode in ((state, 0o755), (state / "mail", 0o775), (state / "mail" / "1.eml", 0o644)):
        path.chmod(mode)

    for _ in range(2):
        private.tighten(state)

    assert modes(state) == {".": "0o700", "mail": "0o700", "mail/1.eml": "0o600"}


def test_a_file_that_has_another_name_elsewhere_keeps_its_mode_there(tmp_path: Path) -> None:
    state, build = private.folder(tmp_path / "state"), tmp_path / "app.py"
    build.write_text("code")
    build.chmod(0o644)
    (state / "app.py").hardlink_to(build)
    (state / "link").symlink_to(build)

    private.tighten(state)

    assert modes(state) == {".": "0o700", "app.py": "0o600", "link": "0o777"}
    assert oct(stat.S_IMODE(build.stat().st_mode)) == "0o644"
    assert (state / "app.py").read_text() == "code"


def test_a_file_is_private_from_the_first_byte_and_a_second_write_replaces_it(tmp_path: Path) -> None:
    file = tmp_path / "running.json"
    file.write_text("older")
    file.chmod(0o644)
    opened = file.open()

    private.write(file, "newer")

    assert (file.read_text(), modes(tmp_path)["running.json"]) == ("newer", "0o600")
    assert opened.read() == "older"
    opened.close()


def test_a_process_gets_a_few_names_and_an_empty_home(tmp_path: Path) -> None:
    assert private.environment(tmp_path / "home", OF_A_USER) == {
        "PATH": "/usr/bin",
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path / "home"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_the_engine_has_no_variable_of_the_user_but_those_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in OF_A_USER.items():
        monkeypatch.setenv(name, value)
    secret = credentials.make(tmp_path)

    given = Engine(1, tmp_path).environment("http://127.0.0.1:2")

    assert set(OF_A_USER) & set(given) == {"PATH", "LANG", "HOME", "AWS_SECRET_ACCESS_KEY"}
    assert (given["AWS_SECRET_ACCESS_KEY"], given["HOME"]) == (secret, str(tmp_path / "home"))
    assert list((tmp_path / "home").iterdir()) == []


def test_each_run_has_a_secret_of_its_own_that_only_its_user_can_read(tmp_path: Path) -> None:
    first, second = credentials.make(tmp_path), credentials.make(tmp_path)

    assert first != second
    assert len(second) >= 32
    assert credentials.secret_of(tmp_path) == second
    assert modes(tmp_path) == {".": "0o700", "credentials": "0o600"}


def test_the_file_of_credentials_is_as_aws_s_tools_read_it(tmp_path: Path) -> None:
    secret = credentials.make(tmp_path)
    found = configparser.ConfigParser(interpolation=None)
    found.read(tmp_path / "credentials")

    assert dict(found["default"]) == {"aws_access_key_id": "local", "aws_secret_access_key": secret}


def test_without_a_run_there_is_no_secret_and_the_error_says_what_to_do(tmp_path: Path) -> None:
    credentials.make(tmp_path)
    for _ in range(2):
        credentials.forget(tmp_path)

    with pytest.raises(StackMissingError, match="Run: make up"):
        _ = LocalSystem(tmp_path).stack


def test_an_aws_client_uses_the_local_system_whatever_the_user_s_configuration(tmp_path: Path) -> None:
    secret = credentials.make(tmp_path)

    assert LocalSystem(tmp_path, engine_port=4000).client_environment == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4000",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": "",
    }


def test_a_layer_s_copy_is_private_and_leaves_the_build_as_it_is(tmp_path: Path) -> None:
    source, target = tmp_path / "a.py", tmp_path / "b.py"
    source.write_text("code")
    source.chmod(0o755)
    os.utime(source, (1, 1))

    private.copy(str(source), str(target))

    assert (target.read_text(), target.stat().st_mtime) == ("code", 1)
    assert (modes(tmp_path)["a.py"], modes(tmp_path)["b.py"]) == ("0o755", "0o600")


def test_a_folder_that_is_used_for_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "thesis.txt").chmod(0o644)
    before = modes(tmp_path)

    with pytest.raises(LocalSystemError, match="used for something else"):
        LocalSystem(tmp_path, free_port(), free_port()).start()

    assert modes(tmp_path) == before
