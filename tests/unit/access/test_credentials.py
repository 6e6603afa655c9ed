"""
Credentials in the Authorization field.
"""

import pytest

from oauthproxy.access.credentials import (
    CredentialsError,
    basic_credentials,
    bearer_token,
)


@pytest.mark.parametrize("token", ["x", "ey.ey.x.y", "eyJ.eyJ.é", "", "eyJ.eyJ.c\n"])
def test_mere_presence_of_a_token_is_nothing(token: str) -> None:
    """What does not look like a JWT is no bearer token (A27)."""
    with pytest.raises(CredentialsError):
        bearer_token(f"Bearer {token}")


@pytest.mark.parametrize("authorization", ["", "Basic", "Basic  a2ltOnB3", "Basic é"])
def test_odd_basic_credentials(authorization: str) -> None:
    """What is not Basic, one blank and base64 holds no credentials."""
    with pytest.raises(CredentialsError):
        basic_credentials(authorization)


def test_password_may_hold_colons() -> None:
    """The first colon ends the user."""
    assert basic_credentials("Basic a2ltOmE6Yg==") == ("kim", "a:b")
