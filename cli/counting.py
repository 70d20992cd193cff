"""Numbers with their nouns, as the commands say them."""


def counted(number: int, one: str, many: str = "") -> str:
    """The number and its noun, `1 file` or `2 files`; `many` is a plural that is not made by an s alone."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
