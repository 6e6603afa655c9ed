"""
The button that asks for a page again.
"""

import pytest

from oauthproxy.pages.retry import try_again


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_page_that_may_be_there_soon(status: int, method: str) -> None:
    """What is wrong elsewhere may be over: the button leads to the same page."""
    button = try_again(status, method, "/page?a=1")

    assert button == {"RetryURL": "/page?a=1", "RetryLabel": "Try again"}


@pytest.mark.parametrize(
    "address", ["//evil.test/", "/\\evil.test", "http://evil.test/"]
)
def test_address_of_another_host(address: str) -> None:
    """A target that a browser would take for another host gets no link."""
    assert try_again(502, "GET", address) == {}


@pytest.mark.parametrize(
    ("status", "method"), [(500, "GET"), (413, "GET"), (502, "POST")]
)
def test_page_that_would_not_be_better(status: int, method: str) -> None:
    """What a link cannot repeat, or repeating does not mend, has no button."""
    assert try_again(status, method, "/") == {}
