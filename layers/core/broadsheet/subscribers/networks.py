"""The network of a visitor's address, and its share of the day's sign-ups."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import ceil

from broadsheet.http import Request
from broadsheet.newsletter import Newsletter, SharedExit

UNKNOWN = "unknown"
VIEWER = "cloudfront-viewer-address"
PREFIX_BITS = {4: 24, 6: 48}  # what one household, office or operator's customer usually has
# A /32 of IPv6, which registries give to any company, contains 65,536 networks of 48 bits.
WIDE_BITS = {4: 24, 6: 32}
WIDE_SHARES = 10  # the shares of a wide network, for all networks in it


class ShareExceededError(RuntimeError):
    """A network has used its share of the day; nothing was queued."""


@dataclass(frozen=True)
class Share:
    """The network that a visitor is counted in, and how many sign-ups a day it has.

    `wide` is the network around it, which has `WIDE_SHARES` times as many; "" if there is none.
    """

    network: str
    most: int
    wide: str = ""

    @property
    def around(self) -> str:
        """The wide network, or the network itself."""
        return self.wide or self.network

    def attempt(self, own: int, wide: int) -> int:
        """The attempt number of a sign-up, by its number in its network and in the wide one."""
        return max(own, ceil(wide / WIDE_SHARES))


def visitor_share(request: Request, newsletter: Newsletter, usual: int) -> Share:
    """The share of the visitor, whose address the CDN adds to the request; see `share_of`."""
    return share_of(request.headers.get(VIEWER, ""), newsletter.shared_exits, usual)


def share_of(viewer: str, exits: Sequence[SharedExit], usual: int) -> Share:
    """The share of the visitor with this address and port; without an address, that of `UNKNOWN`.

    A network listed as a shared exit has the share that it is listed with; of several, the narrowest counts.

    Shape: `203.0.113.7:52814`, `2001:db8::7:52814`. Source: CloudFront developer guide,
    "CloudFront-Viewer-Address": address and port, IPv6 without brackets.
    """
    address = _address(viewer)
    if address is None:
        return Share(UNKNOWN, usual)
    fitting = [exit_ for exit_ in exits if address in exit_.network]
    if fitting:
        narrowest = max(fitting, key=lambda exit_: exit_.network.prefixlen)
        return Share(str(narrowest.network), narrowest.share)
    own, wide = (
        str(ip_network((address, bits[address.version]), strict=False)) for bits in (PREFIX_BITS, WIDE_BITS)
    )
    return Share(own, usual, "" if wide == own else wide)


def _address(viewer: str) -> IPv4Address | IPv6Address | None:
    host, _, port = viewer.strip().rpartition(":")
    if not port.isdecimal():
        return None
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
