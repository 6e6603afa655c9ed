"""
Redirects to https.
"""

import pytest

from oauthproxy.access.https import https_redirect
from tests.unit.requests import BELIEVING, a_request


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("[::1]:8080", "https://[::1]:8443/x"),
        ("[::1]", "https://[::1]/x"),
        ("app.test:", "https://app.test:8443/x"),
    ],
)
def test_port_of_the_host_is_replaced(host: str, location: str) -> None:
    """A port gives way to the TLS listener's; an address in brackets stays whole."""
    redirect = https_redirect(a_request("/x", host=host), "8443")

    assert redirect is not None
    assert redirect.location == location


def test_scheme_of_a_trusted_proxy_counts_without_case() -> None:
    """A proxy that says HTTPS means https."""
    scope = a_request("/", ("X-Forwarded-Proto", "HTTPS"), trust=BELIEVING)

    assert https_redirect(scope, "443") is None
