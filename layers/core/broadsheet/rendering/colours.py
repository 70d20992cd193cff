"""The newsletter's one colour, on light and on dark paper."""

_DARK_PAPER = (24, 23, 21)
_ENOUGH = 7.0  # contrast for text, as WCAG 2.2 asks at level AAA
_WHITE = (255, 255, 255)
_ON_WHITE = 5.0  # WCAG 2.2 asks for 4.5 at level AA; darker would often be another colour


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `#1f4e5f` or `#145`; of any other way to write a colour, a dark grey."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:  # noqa: PLR2004  # CSS's short form
        digits = "".join(digit * 2 for digit in digits)
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return (51, 51, 51)
    return red, green, blue


def readable_on_dark(colour: str) -> str:
    """The colour, made lighter until it can be read on our dark paper."""
    red, green, blue = start = rgb(colour)
    for tenth in range(20):
        share = tenth / 20
        red, green, blue = (round(part + (255 - part) * share) for part in start)
        if contrast((red, green, blue), _DARK_PAPER) >= _ENOUGH:
            break
    return f"#{red:02x}{green:02x}{blue:02x}"


def readable_on_white(colour: str) -> str:
    """The colour, made darker until white can be read on it and it on white."""
    red, green, blue = start = rgb(colour)
    for tenth in range(20):
        red, green, blue = (round(part * (1 - tenth / 20)) for part in start)
        if contrast((red, green, blue), _WHITE) >= _ON_WHITE:
            break
    return f"#{red:02x}{green:02x}{blue:02x}"


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Source: WCAG 2.2, contrast ratio; 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    """Source: WCAG 2.2, relative luminance."""
    parts = [c / 255 for c in colour]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)  # noqa: PLR2004  # the formula's own numbers
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
