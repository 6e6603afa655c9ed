"""
Sets of IP networks.

Rule 1: an IPv4-mapped IPv6 address is the IPv4 address in it (RFC 4291, 2.5.5.2).
Rule 2: what is not an address in its plain form, without zone, brackets, port or
leading zeros, is in no network.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from attrs import frozen

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_ADDRESSES_REMEMBERED = 4096
_PREFIX = re.compile(r"[0-9]{1,4}")
_MAPPED_BITS = 96


@lru_cache(maxsize=_ADDRESSES_REMEMBERED)
def parse_address(text: str) -> Address | None:
    """
    Return the address a text stands for, or None when it is none.
    """
    if "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def parse_network(text: str) -> Network:
    """
    Return the network of an address or of a CIDR whose host bits are zero.

    Raises ValueError naming the text.
    """
    _, slash, prefix = text.partition("/")
    try:
        if "%" in text or (slash and not _PREFIX.fullmatch(prefix)):
            raise ValueError(text)
        network = ip_network(text)
    except ValueError:
        raise ValueError(f'"{text}" is not an IP address or network') from None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= _MAPPED_BITS:
        return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


@frozen
class Networks:
    """
    A set of networks; `address in networks` takes the text of an address.
    """

    members: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "Networks":
        """
        Return the set of these addresses and CIDRs; raises ValueError naming a bad one.
        """
        return cls(tuple(parse_network(text) for text in texts))

    def __contains__(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and any(address in net for net in self.members)

    def __bool__(self) -> bool:
        return bool(self.members)


NOWHERE = Networks()
"""
The set without any network.
"""
