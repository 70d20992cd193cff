"""What the doctor found, as deploying prints it."""

from collections.abc import Callable, Iterable

from cli.doctor.diagnosis import Diagnosis, Level

_SHOWN = (Level.FAULT, Level.WARNING, Level.TODO)


def print_diagnoses(diagnoses: Iterable[Diagnosis], say: Callable[[str], None]) -> None:
    """Say each that is not in order, faults first, with what mends it below."""
    by_level = sorted(
        (one for one in diagnoses if one.level in _SHOWN), key=lambda one: _SHOWN.index(one.level)
    )
    for one in by_level:
        say(f"  {one.level.value.capitalize()}: {one.text}")
        if one.repair:
            say(f"    {one.repair}")
