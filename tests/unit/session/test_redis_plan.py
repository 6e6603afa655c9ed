"""
Options and URLs of Redis, put together.
"""

from typing import Any

import pytest

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.redis_plan import redis_plan
from oauthproxy.session.redis_url import Endpoint, parse_redis_url
from oauthproxy.settings.groups.session import SessionOptions


def test_sentinels_give_addresses_and_the_last_url_the_rest() -> None:
    """
    Users, passwords and TLS come from the last URL; the database is always 0.
    """
    plan = redis_plan(
        SessionOptions(
            redis_use_sentinel=True,
            redis_sentinel_master_name="main",
            redis_sentinel_password=Secret("watch"),
            redis_sentinel_connection_urls=(
                "redis://first:one@a:1/3",
                "rediss://last:two@b:2/4",
            ),
        )
    )

    assert plan.servers == (Endpoint("a", 1), Endpoint("b", 2))
    assert (plan.username, plan.password) == ("last", "two")
    assert (plan.master_name, plan.sentinel_password) == ("main", "watch")
    assert plan.tls is not None
    assert plan.tls.server_name == "b"
    assert plan.database == 0


def test_options_win_over_urls() -> None:
    """
    User and password of the options replace those of the URL.
    """
    plan = redis_plan(
        SessionOptions(
            redis_connection_url="redis://u:p@h/2",
            redis_username="user",
            redis_password=Secret("password"),
        )
    )

    assert (plan.username, plan.password, plan.database) == ("user", "password", 2)


@pytest.mark.parametrize(
    "options",
    [
        SessionOptions(redis_use_sentinel=True, redis_use_cluster=True),
        SessionOptions(redis_use_sentinel=True),
        SessionOptions(redis_use_cluster=True),
        SessionOptions(),
    ],
)
def test_incomplete_options_are_refused(options: SessionOptions) -> None:
    """
    Two shapes at once, or none at all, are errors.
    """
    with pytest.raises(ValueError, match=r"mutual|no connection URL|must start"):
        redis_plan(options)


@pytest.mark.parametrize("option", ["redis_ca_path", "redis_client_cert_file"])
def test_files_for_tls_switch_it_on(option: str) -> None:
    """
    Whoever names a certificate means TLS, also with redis://.
    """
    named: dict[str, Any] = {option: "file.pem"}
    options = SessionOptions(redis_connection_url="redis://h", **named)

    tls = redis_plan(options).tls

    assert tls is not None
    assert tls.server_name == ""


def test_addresses_are_written_as_usual() -> None:
    """
    Hosts, IPv6 addresses and sockets are told in their usual form.
    """
    urls = ("redis://h:1", "redis://[::1]", "unix:///run/redis.sock")

    written = [str(parse_redis_url(url).endpoint) for url in urls]

    assert written == ["h:1", "[::1]:6379", "/run/redis.sock"]


def test_passwords_stay_out_of_reprs_and_errors() -> None:
    """
    Neither the plan nor a complaint shows a password.
    """
    plan = redis_plan(SessionOptions(redis_connection_url="redis://u:hush@h"))

    assert "hush" not in repr(plan)
    with pytest.raises(ValueError, match="unexpected option") as complaint:
        parse_redis_url("redis://u:hush@h?foo=1")
    assert "hush" not in str(complaint.value)
