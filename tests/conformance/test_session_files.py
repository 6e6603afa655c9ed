"""
Files of users and e-mail addresses, Redis URLs and the state parameter, as the
reference reads them.
"""

import os
from typing import Any

import pytest

from oauthproxy.access.emails import EmailRule, EmailsError, parse_emails
from oauthproxy.access.htpasswd import Htpasswd, HtpasswdError
from oauthproxy.login.state import State, decode_state, encode_state
from oauthproxy.session.redis_plan import RedisTLS, redis_plan
from oauthproxy.session.redis_url import parse_redis_url
from oauthproxy.settings.groups.session import SessionOptions
from tests.conformance.session_vectors import vectors

Vector = dict[str, Any]


@vectors("htpasswd")
def test_htpasswd(vector: Vector) -> None:
    """
    A file is loaded, and passwords are right, exactly when the reference says so.
    """
    given, expected = vector["in"], vector["out"]
    content = given["content"].encode()

    if not expected["loads"]:
        with pytest.raises(HtpasswdError):
            Htpasswd.parse(content, os.urandom)
    else:
        users = Htpasswd.parse(content, os.urandom)
        accepted = [users.check(*attempt) for attempt in given["attempts"]]

        assert accepted == expected["accepted"]


@vectors("emails")
def test_emails(vector: Vector) -> None:
    """
    An address comes in exactly when the reference lets it in.
    """
    given = vector["in"]
    try:
        listed = parse_emails(given["content"].encode())
    except EmailsError:
        listed = frozenset()
    rule = EmailRule.of(given["domains"], listed)

    accepted = [rule.admits(probe) for probe in given["probes"]]

    assert accepted == vector["out"]["accepted"]


MILLISECOND = 1_000_000
UNUSABLE = "[[::1]]:6379"


@vectors("redis_url")
def test_redis_url(vector: Vector) -> None:
    """
    A Redis URL says what it says to the reference, or is refused. An IPv6 address
    without a port works here; the reference makes an unusable address of it.
    """
    given, expected = vector["in"]["options"], vector["out"]
    options = SessionOptions(
        redis_connection_url=given["url"],
        redis_insecure_skip_tls_verify=given.get("insecure", False),
        redis_connection_idle_timeout=given.get("idle_timeout", 0),
    )

    if not expected["ok"]:
        with pytest.raises(ValueError, match=r"."):
            redis_plan(options)
    else:
        plan = redis_plan(options)
        url = parse_redis_url(given["url"])
        address = "[::1]:6379" if expected["addr"] == UNUSABLE else expected["addr"]

        assert [str(server) for server in plan.servers] == [address]
        assert (plan.servers[0].port == 0) == (expected["network"] == "unix")
        assert url.database == expected["db"]
        assert plan.database == max(expected["db"], 0)
        assert (plan.username, plan.password) == (
            expected["username"],
            expected["password"],
        )
        assert plan.retries == expected["max_retries"]
        assert plan.dial_timeout == expected["dial_timeout_ms"] * MILLISECOND
        assert plan.read_timeout == expected["read_timeout_ms"] * MILLISECOND
        assert url.write_timeout == expected["write_timeout_ms"] * MILLISECOND
        assert plan.idle_time == expected["conn_max_idle_time_ms"] * MILLISECOND
        assert _told(plan.tls) == _expected_tls(expected["tls"])


def _told(tls: RedisTLS | None) -> Any:
    return None if tls is None else (tls.server_name, tls.skip_verify)


def _expected_tls(tls: Any) -> Any:
    return None if tls is None else (tls["server_name"], tls["skip_verify"])


@vectors("state_encode")
def test_state_encode(vector: Vector) -> None:
    """
    The state parameter is built to the byte.
    """
    given = vector["in"]
    state = State(given["nonce"], given["redirect"])

    assert encode_state(state, encoded=given["encode"]) == vector["out"]["state"]


@vectors("state_decode")
def test_state_decode(vector: Vector) -> None:
    """
    The state parameter is taken apart, or refused, as the reference does.
    """
    expected = vector["out"]

    state = decode_state(vector["in"]["state"], encoded=vector["in"]["encode"])

    if not expected["ok"]:
        assert state is None
    else:
        assert state == State(expected["nonce"], expected["redirect"])
