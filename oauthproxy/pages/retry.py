"""
The button of a page that may be there in a moment.
"""

PASSING = frozenset({502, 503, 504})
"""What is wrong elsewhere, and may be over soon."""


def try_again(status: int, method: str, address: str) -> dict[str, str]:
    """
    Return the values of a button that asks for the same page again; empty where that
    would not be the same request, or might lead to another host: browsers take
    `//host/` and `/\\host/` for one.
    """
    asked_again = status in PASSING and method in ("GET", "HEAD")
    if not asked_again or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return {}
    return {"RetryURL": address, "RetryLabel": "Try again"}
