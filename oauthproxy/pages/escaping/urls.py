"""
Addresses in pages.
"""

REFUSED = "#ZgotmplZ"
_HARMLESS = ("http", "https", "mailto")
_KEPT = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!#$&*+,/:;=?@[]"
)
_UNRESERVED = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
)
_HEX = frozenset(b"0123456789abcdefABCDEF")


def is_harmless(address: str) -> bool:
    """
    Tell whether an address is relative, or of a scheme that runs no script.
    """
    scheme, colon, _ = address.partition(":")
    return not colon or "/" in scheme or scheme.lower() in _HARMLESS


def normalised(address: str) -> str:
    """
    Percent-encode what may not stand in an address, and nothing that may.
    """
    raw = address.encode("utf-8", "surrogateescape")
    return "".join(
        chr(byte) if byte in _KEPT or _is_escape(raw, at) else f"%{byte:02x}"
        for at, byte in enumerate(raw)
    )


def _is_escape(raw: bytes, at: int) -> bool:
    following = raw[at + 1 : at + 3]
    return raw[at] == 0x25 and len(following) == 2 and _HEX.issuperset(following)


def component(text: str) -> str:
    """
    Percent-encode a text for one part of an address, such as a query value.
    """
    raw = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02x}" for byte in raw)


def page_address(address: str) -> str:
    """
    Return an address for the start of a URL attribute, or one that leads nowhere.
    """
    return normalised(address) if is_harmless(address) else REFUSED
