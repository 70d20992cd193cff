"""Sample events: each is used, and none contains a real person or account."""

import re
from pathlib import Path

from infrastructure.build import ROOT

HERE = Path(__file__).parent
NOBODY_S = ("example.org", "simulator.amazonses.com")


def samples() -> dict[str, str]:
    folder = ROOT / "events"
    return {
        f"{file.parent.name}/{file.stem}": file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*.json"))
    }


def test_every_sample_event_is_used_by_its_functions_test() -> None:
    unused = []
    for name in samples():
        function, case = name.split("/")
        text = (HERE / f"test_{function}_function.py").read_text(encoding="utf-8")
        if f'"{case}"' not in text and f"{name}" not in text:
            unused.append(name)
    assert unused == []


def test_samples_name_invented_people_and_accounts_only() -> None:
    for name, text in samples().items():
        hosts = {address.split("@")[1] for address in re.findall(r"[\w.+-]+@[\w.-]+\w", text)}
        assert all(host.endswith(NOBODY_S) for host in hosts), name
        assert set(re.findall(r"\b\d{12}\b", text)) <= {"123456789012"}, name
