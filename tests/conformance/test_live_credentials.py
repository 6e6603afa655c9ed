"""
Credentials in a request and the cookies of an answer, over real sockets.
"""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from oauthproxy.crypto.ciphers import IV_SIZE, cfb_encrypt
from oauthproxy.errors import SettingsError
from oauthproxy.session.csrf import CSRF
from oauthproxy.session.secrets import CookieSecrets
from tests.conformance.houses import Houses
from tests.conformance.internet import Internet
from tests.conformance.peers import ask
from tests.conformance.recorded import of
from tests.conformance.test_http_exchanges import PROVIDER
from tests.live import SECRET, Answered, LiveHouse
from tests.unit.providers.idp import public, rsa_key, sign

Case = dict[str, Any]


def sha_entry(user: str, password: str) -> bytes:
    """
    Return a line of an htpasswd file.
    """
    digest = hashlib.sha1(password.encode()).digest()
    return f"{user}:{{SHA}}{base64.b64encode(digest).decode()}\n".encode()


def with_authorization(house: LiveHouse, value: str) -> Answered:
    """
    Ask for a page with an Authorization field.
    """
    return ask(house, {"input": {"headers": [["Authorization", value]]}})


@of("htpasswd")
def test_user_of_a_file(case: Case, houses: Houses) -> None:
    """A user comes in with the password that the file knows."""
    files = {"users": case["config"]["htpasswd"].encode()}
    options = {**PROVIDER, "htpasswd_file": "/users"}
    if case["expect"].get("start_error"):
        with pytest.raises(SettingsError):
            houses.plain(files, **options)
        return
    house = houses.plain(files, **options)
    pair = f"{case['input']['user']}:{case['input']['password']}".encode()

    answered = with_authorization(house, f"Basic {base64.b64encode(pair).decode()}")

    assert (answered.status == 200) == case["expect"]["valid"]


@of("basic_header")
def test_basic_credentials_are_read(case: Case, houses: Houses) -> None:
    """Basic credentials are read as strictly as the reference reads them."""
    value = case["input"]["authorization"]
    user, password = leniently(value)
    house = houses.plain(
        {"users": sha_entry(user, password)}, **PROVIDER, htpasswd_file="/users"
    )

    answered = with_authorization(house, value)

    assert answered.status == (403 if case["expect"].get("error") else 200)


def leniently(authorization: str) -> tuple[str, str]:
    """
    Return what credentials are meant, however badly they are written.
    """
    coded = authorization.partition(" ")[2].replace("-", "+").replace("_", "/")
    text = base64.b64decode(coded + "==").decode("utf-8", "replace")
    user, _, password = text.partition(":")
    return user, password


PLACEHOLDER = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
"""The token of the cases; one that our provider signed takes its place."""


@of("jwt_header", but=["jwt_header-002"])
def test_bearer_token_is_found(case: Case, houses: Houses, internet: Internet) -> None:
    """A token that the provider signed lets in where it may stand."""
    internet.at("https://idp.test/keys", {"keys": [public(rsa_key())]})
    house = houses.plain(**PROVIDER, skip_jwt_bearer_tokens=True)
    now = int(time.time())
    claims = {"iss": "https://idp.test", "aud": "cid", "sub": "x", "exp": now + 300}
    value = replaced(case["input"]["authorization"], sign(claims))

    answered = with_authorization(house, value)

    assert answered.status == (403 if case["expect"]["error"] else 200)


def replaced(authorization: str, token: str) -> str:
    """
    Return a field's value with a token of ours, also within Basic credentials.
    """
    scheme, _, value = authorization.partition(" ")
    try:
        pair = base64.b64decode(value, validate=True) if scheme == "Basic" else b""
    except ValueError:
        return authorization
    if PLACEHOLDER.encode() in pair:
        pair = pair.replace(PLACEHOLDER.encode(), token.encode())
        return f"Basic {base64.b64encode(pair).decode()}"
    return authorization.replace(PLACEHOLDER, token)


@of("cookie_domain")
def test_domain_of_a_cookie(case: Case, houses: Houses) -> None:
    """The Domain attribute is the longest configured domain that the host ends with."""
    house = houses.usual(case["config"])

    answered = ask(house, {"input": {"target": "/oauth2/start", **case["input"]}})

    (line,) = answered.all("Set-Cookie")
    attributes = dict(part.partition("=")[::2] for part in line.split("; "))
    assert attributes.get("Domain", "") == case["expect"]["attribute"]


@of("set_cookie")
def test_cookie_is_set(case: Case, houses: Houses) -> None:
    """A session cookie is written to the byte, but for its value."""
    given = case["input"]
    files = {"users": sha_entry("kim", "pw")}
    house = houses.plain(
        files,
        **PROVIDER,
        **case["config"],
        htpasswd_file="/users",
        cookie_name=given["name"],
        cookie_expire=f"{given['expire_seconds']}s",
    )

    answered = ask(house, signing_in("kim", "pw"))

    (line,) = answered.all("Set-Cookie")
    value = line.partition(";")[0].partition("=")[2]
    assert value.count("|") == 2
    assert line.replace(value, given["value"]) == case["expect"]["header"]


def signing_in(user: str, password: str) -> Case:
    """
    Return the request that a sign-in form sends.
    """
    form = {"username": user, "password": password}
    kind = "application/x-www-form-urlencoded"
    return {
        "input": {
            "method": "POST",
            "target": "/oauth2/sign_in",
            "headers": [["Content-Type", kind]],
            "body": urlencode(form),
        }
    }


@of("csrf_cookie_name")
def test_cookie_of_a_login_is_found(case: Case, houses: Houses) -> None:
    """The way back looks for the login's cookie by the state: there is one, of another
    login."""
    house = houses.usual(case["config"], show_debug_on_error=True)
    name, nonce = case["expect"]["name"], case["input"]["state_nonce"]
    cookies = f"{name}={login_cookie(name)}; other_csrf=x"
    target = f"/oauth2/callback?code=good&state={nonce}%3A%2F"

    found = ask(house, {"input": {"target": target}}, [("Cookie", cookies)])
    missed = ask(house, {"input": {"target": target}})

    assert b"CSRF token mismatch" in found.body
    assert b"unable to obtain CSRF cookie" in missed.body


def login_cookie(name: str) -> str:
    """
    Return a cookie's value that is valid under this name.
    """
    secrets = CookieSecrets.of(SECRET)
    csrf = CSRF(b"s" * 32, b"n" * 32)
    payload = cfb_encrypt(secrets.current.key, csrf.encode(), bytes(IV_SIZE))
    return secrets.sign(name, payload, int(time.time()))
