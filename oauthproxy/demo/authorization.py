"""
What a client may ask the demo's identity provider for.
"""

import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import unquote_plus, urlencode, urlsplit

from attrs import frozen


class AuthorizationRefused(Exception):
    """
    The login request cannot be honoured, and nothing may be sent back to its sender.
    """


@frozen(kw_only=True)
class Client:
    """
    A program that is registered at the identity provider.
    """

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]

    def proves(self, client_id: str, client_secret: str) -> bool:
        """
        Tell whether these are the client's id and secret.
        """
        given = f"{client_id}\n{client_secret}".encode()
        known = f"{self.client_id}\n{self.client_secret}".encode()
        return hmac.compare_digest(given, known)


@frozen(kw_only=True)
class LoginRequest:
    """
    What stands in the query of the authorization endpoint (RFC 6749, 4.1.1).
    """

    redirect_uri: str
    state: str = ""
    nonce: str = ""
    challenge: str = ""

    def answer(self, **parameters: str) -> str:
        """
        Return the address that takes the browser back to the client.
        """
        if self.state:
            parameters["state"] = self.state
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return self.redirect_uri + joint + urlencode(parameters)

    def unlocked_by(self, verifier: str) -> bool:
        """
        Tell whether a PKCE verifier fits the challenge (RFC 7636, 4.6).
        """
        if not self.challenge:
            return not verifier
        digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
        return hmac.compare_digest(digest, self.challenge.encode())


def read_login_request(parameters: Mapping[str, str], client: Client) -> LoginRequest:
    """
    Check a login request; raises AuthorizationRefused.
    """
    if parameters.get("client_id") != client.client_id:
        raise AuthorizationRefused("The client is not known here.")
    if parameters.get("redirect_uri") not in client.redirect_uris:
        raise AuthorizationRefused("The client is not registered with this address.")
    if parameters.get("response_type") != "code":
        raise AuthorizationRefused("Only the authorization code flow is offered.")
    if "openid" not in parameters.get("scope", "").split():
        raise AuthorizationRefused("The scope must hold “openid”.")
    challenge = parameters.get("code_challenge", "")
    if challenge and parameters.get("code_challenge_method") != "S256":
        raise AuthorizationRefused("The only PKCE method offered is S256.")
    return LoginRequest(
        redirect_uri=parameters["redirect_uri"],
        state=parameters.get("state", ""),
        nonce=parameters.get("nonce", ""),
        challenge=challenge,
    )


def client_credentials(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    """
    Return the client id and secret of a token request, from its Authorization field
    or its body (RFC 6749, 2.3.1); empty texts where there are none.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = b64decode(encoded).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)
