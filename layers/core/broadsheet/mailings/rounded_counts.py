"""Counts of readers as editors see them: rounded, since an exact one could tell who joined or left."""

FEWEST_SHOWN = 50
_DIGITS = 2
_SMALLEST_UNIT = 10  # below a hundred, two digits would be exact


def rounded(count: int) -> int:
    """The count with two significant digits; 0 for fewer than `FEWEST_SHOWN`."""
    if count < FEWEST_SHOWN:
        return 0
    unit = max(_SMALLEST_UNIT, int(10 ** (len(str(count)) - _DIGITS)))
    return (count + unit // 2) // unit * unit


def count_text(count: int, words: dict[str, str]) -> str:
    """`about 1,200`, or `fewer than 50`, by the words of reports in a language."""
    if count < FEWEST_SHOWN:
        return words["count_few"].format(count=FEWEST_SHOWN)
    return words["count_about"].format(count=f"{rounded(count):,}".replace(",", words["count_thousands"]))
