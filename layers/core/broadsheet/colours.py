"""The newsletter's accent colour on light and on dark backgrounds."""

from collections.abc import Iterable, Sequence

_SHARES = [step / 20 for step in range(20)]
_DARK = (24, 23, 21)
_LEAST_ON_DARK = 7.0  # contrast of text, WCAG 2.2 level AAA
_WHITE = (255, 255, 255)
_LEAST_ON_WHITE = 5.0  # WCAG 2.2 asks for 4.5 at level AA; darker would often be another colour
LIGHT = {"--paper": "#fdfcf9", "--wash": "#f5f1e8"}  # as in style.css; links stand on them
LEAST_ON_LIGHT = 4.5  # WCAG 2.2, level AA, for text of any size


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `#1f4e5f` or `#145`; a dark grey for any other notation."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:  # noqa: PLR2004  # CSS's short form
        digits = "".join(digit * 2 for digit in digits)
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return (51, 51, 51)
    return red, green, blue


def readable_on_dark(colour: str) -> str:
    """The colour, lightened until it is readable on our dark background."""
    lighter = ([round(part + (255 - part) * share) for part in rgb(colour)] for share in _SHARES)
    return _first_readable(lighter, _DARK, _LEAST_ON_DARK)


def readable_on_white(colour: str) -> str:
    """The colour, darkened until it is readable on white, and white on it."""
    return _first_readable(_darker(colour), _WHITE, _LEAST_ON_WHITE)


def least_contrast(colour: str) -> float:
    """The colour's contrast with white, which buttons write on it, or with a light background, if less."""
    return min(contrast(rgb(colour), light) for light in (_WHITE, *map(rgb, LIGHT.values())))


def readable_on_light(colour: str) -> str:
    """The colour, darkened until it is readable on all our light backgrounds."""
    return _first_readable(_darker(colour), rgb(LIGHT["--wash"]), LEAST_ON_LIGHT)


def _darker(colour: str) -> Iterable[Sequence[int]]:
    return ([round(part * (1 - share)) for part in rgb(colour)] for share in _SHARES)


def _first_readable(colours: Iterable[Sequence[int]], background: Sequence[int], least: float) -> str:
    readable = (each for each in colours if contrast(each, background) >= least)
    red, green, blue = next(readable)  # the last ones are nearly white and nearly black
    return f"#{red:02x}{green:02x}{blue:02x}"


def contrast(one: Sequence[int], other: Sequence[int]) -> float:
    """The contrast of two colours, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Sequence[int]) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [c / 255 for c in colour]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)  # noqa: PLR2004  # the formula's own numbers
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
