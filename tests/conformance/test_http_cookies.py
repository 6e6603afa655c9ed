"""
The recorded cases on cookies, secrets, e-mail addresses and htpasswd files.
"""

import base64
import os

import pytest

from oauthproxy.access.emails import EmailRule, EmailsError, parse_emails
from oauthproxy.access.htpasswd import Htpasswd, HtpasswdError, read_basic
from oauthproxy.crypto.cookie_secret import cookie_key, usable
from oauthproxy.crypto.nonce import code_challenge, hash_nonce
from oauthproxy.crypto.signed_value import sign
from oauthproxy.session.csrf import CSRFJar
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.session.times import age
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import CookieWriter
from tests.conformance.casebook import Case, cases
from tests.unit.driver import CountingEntropy, FakeClock

GIGA = 1_000_000_000
SECRET = "0123456789abcdef"


@cases("cookie_secret")
def test_cookie_secret(case: Case) -> None:
    """
    A cookie secret becomes the key that the reference makes of it.
    """
    key = cookie_key(case["input"]["secret"])

    assert key.hex() == case["expect"]["key_hex"]
    assert usable(key) == case["expect"]["usable"]


@cases("signed_value")
def test_signed_value(case: Case) -> None:
    """
    A value is signed to the byte.
    """
    given = case["input"]
    seed = case["config"]["cookie_secret"].encode()

    value = sign(seed, given["name"], given["value"].encode(), given["time"])

    assert value == case["expect"]["cookie_value"]


@cases("nonce_hash")
def test_nonce_hash(case: Case) -> None:
    """
    A nonce is hashed for the provider.
    """
    nonce = base64.b64decode(case["input"]["nonce_base64"])

    assert hash_nonce(nonce) == case["expect"]["hash"]


@cases("pkce")
def test_pkce(case: Case) -> None:
    """
    A challenge follows from method and verifier; unknown methods are refused.
    """
    method = case["config"]["code_challenge_method"]
    verifier = case["input"]["verifier"]

    if case["expect"].get("error"):
        with pytest.raises(ValueError, match="method"):
            code_challenge(method, verifier)
    else:
        assert code_challenge(method, verifier) == case["expect"]["challenge"]


@cases("csrf_cookie_name")
def test_csrf_cookie_name(case: Case) -> None:
    """
    The CSRF cookie's name follows from the state.
    """
    options = CookieOptions(**case["config"])
    jar = CSRFJar(
        options,
        CookieSecrets.of(SECRET),
        CookieWriter(options),
        FakeClock(),
        CountingEntropy(),
    )

    assert jar.name(case["input"]["state_nonce"]) == case["expect"]["name"]


@cases("cookie_domain")
def test_cookie_domain(case: Case) -> None:
    """
    The Domain attribute is the first configured domain, longest first, that the host
    ends with.
    """
    # The settings are checked, and sorted, before anybody reads them.
    domains = sorted(case["config"]["cookie_domains"], key=len, reverse=True)
    forwarded = dict(case["input"].get("headers", [])).get("X-Forwarded-Host")
    trusted = case["config"].get("reverse_proxy", False)
    host = forwarded if trusted and forwarded else case["input"]["host"]
    writer = CookieWriter(CookieOptions(cookie_domains=tuple(domains)))

    line = writer.set("c", "v", 0, host)

    attributes = dict(part.partition("=")[::2] for part in line.split("; "))
    assert attributes.get("Domain", "") == case["expect"]["attribute"]


@cases("set_cookie")
def test_set_cookie(case: Case) -> None:
    """
    A `Set-Cookie` value is written to the byte.
    """
    given = case["input"]
    writer = CookieWriter(CookieOptions(**case["config"]))

    line = writer.set(
        given["name"], given["value"], given["expire_seconds"] * GIGA, "a.test"
    )

    assert line == case["expect"]["header"]


@cases("refresh_decision")
def test_refresh_decision(case: Case) -> None:
    """
    A session is due when its age is above the refresh period.
    """
    given = case["input"]
    created = given.get("created_at")
    session = Session(
        created_at=None
        if created is None
        else created * GIGA + given.get("created_nanos", 0)
    )
    now = given["now"] * GIGA + given.get("now_nanos", 0)

    due = age(session, now) > case["config"]["cookie_refresh_seconds"] * GIGA

    assert due == case["expect"]["refresh"]


@cases("email_validation")
def test_email_validation(case: Case) -> None:
    """
    An address comes in exactly when the reference lets it in.
    """
    config = case["config"]
    try:
        listed = parse_emails(config.get("authenticated_emails", "").encode())
    except EmailsError:
        listed = frozenset()

    rule = EmailRule.of(config["email_domains"], listed)

    assert rule.admits(case["input"]["email"]) == case["expect"]["valid"]


@cases("htpasswd")
def test_htpasswd(case: Case) -> None:
    """
    A file is loaded, and passwords are right, exactly when the reference says so.
    """
    content = case["config"]["htpasswd"].encode()

    if case["expect"].get("start_error"):
        with pytest.raises(HtpasswdError):
            Htpasswd.parse(content, os.urandom)
    else:
        users = Htpasswd.parse(content, os.urandom)
        valid = users.check(case["input"]["user"], case["input"]["password"])

        assert valid == case["expect"]["valid"]


@cases("basic_header")
def test_basic_header(case: Case) -> None:
    """
    Basic credentials are read as strictly as the reference reads them.
    """
    credentials = read_basic(case["input"]["authorization"])

    if case["expect"].get("error"):
        assert credentials is None
    else:
        assert credentials is not None
        assert credentials.user == case["expect"]["user"]
        assert credentials.password == case["expect"]["password"]
