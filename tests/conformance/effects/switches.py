"""
Options that bring a way of oauth2-proxy back.
"""

from typing import Any

from tests.conformance.effects.headers import NO_BASIC, PASSWORD, basic
from tests.conformance.effects.logging import logged
from tests.conformance.effects.played import Play, Played
from tests.conformance.effects.provider import claiming
from tests.conformance.effects.proxy import BEHIND
from tests.conformance.effects.scene import (
    REFUSED,
    Effect,
    Scene,
    login_status,
    parameters,
    status,
    told,
)
from tests.conformance.effects.upstream import OPEN, upgrade
from tests.integration.fakes.plain import DigitalOcean
from tests.integration.harness.upstream import Exchange

ROUTES = 'skip_auth_routes = ["^/open"]'
FOREIGN = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")
OBJECT = {"admin": {"org": "acme"}}


def host_of_two(scene: Scene) -> str:
    """
    Look at the host to come back to, when a proxy in front tells two of them.
    """
    fields = ("X-Forwarded-Host: front.test", "X-Forwarded-Host: other.test")
    return parameters(scene.begun(*fields))["redirect_uri"].split("/")[2]


def other_claim(scene: Scene) -> list[str]:
    """
    Look at what the application gets of a header about users that is not injected.
    """
    assert scene.alice().ask("/page", "X-Auth-Request-User: mallory").status == 200
    return scene.upstream.last().all("X-Auth-Request-User")


def told_twice(scene: Scene) -> list[str]:
    """
    Look at a field that both the application and we would set.
    """

    def answer(exchange: Exchange) -> None:
        exchange.answer(fields=["X-Auth-Request-User: theirs"])

    scene.upstream.on("/theirs", answer)
    return scene.alice().ask("/theirs").all("X-Auth-Request-User")


def linked(scene: Scene) -> int:
    """
    Look for a file that a link outside of the folder leads to.
    """
    outside = scene.props.folder / "outside.txt"
    outside.write_text("outside")
    (scene.running.folder / "link").symlink_to(outside)
    return scene.ask("/link").status


def cookie_made(scene: Scene) -> Any:
    """
    Look whether a login leaves its cookie.
    """
    return list(scene.alice().cookies)


def unverified(scene: Play) -> int:
    """
    Look at how a login ends of somebody whose address nobody has verified.
    """
    scene.fake.known = False
    return scene.login()


EFFECTS = (
    Effect(
        "insecure_log_tokens",
        "true",
        logged("access_token=opaque", "/logged?access_token=opaque"),
        False,
        True,
    ),
    Effect(
        "insecure_believe_repeated_forwarding",
        "true",
        host_of_two,
        "app.test",
        "front.test",
        BEHIND,
    ),
    Effect("insecure_keep_identity_headers", "true", other_claim, [], ["mallory"]),
    Effect(
        "keep_upstream_identity_headers",
        "true",
        told_twice,
        ["user-1"],
        ["user-1", "theirs"],
        "set_xauthrequest = true",
    ),
    Effect(
        "insecure_raw_group_commas",
        "true",
        claiming(told("X-Forwarded-Groups"), groups=["a,b", "c"]),
        ["a%2Cb,c"],
        ["a,b,c"],
        NO_BASIC,
    ),
    Effect(
        "insecure_basic_user_colons",
        "true",
        claiming(told("Authorization"), sub="a:b"),
        [],
        basic("a:b"),
        PASSWORD,
    ),
    Effect(
        "group_objects_as_text",
        "true",
        claiming(told("X-Forwarded-Groups"), groups=OBJECT),
        ["admin"],
        ['{"admin":{"org":"acme"}}'],
    ),
    Effect(
        "ignore_proxy_websockets",
        "true",
        upgrade,
        [],
        ["websocket"],
        f"{OPEN}\nproxy_websockets = false",
    ),
    Effect(
        "insecure_skip_auth_ambiguous_paths",
        "true",
        status("/open/a%5Cb"),
        403,
        200,
        ROUTES,
    ),
    Effect(
        "insecure_allow_foreign_pages",
        "true",
        status("/oauth2/sign_out", *FOREIGN),
        403,
        302,
    ),
    Effect(
        "insecure_follow_links",
        "true",
        linked,
        404,
        200,
        f'{OPEN}\nupstreams = ["file://{{here}}#/"]',
    ),
    Effect(
        "insecure_skip_id_token_checks",
        "true",
        claiming(login_status, at_hash="wrong"),
        500,
        302,
    ),
    Played(
        "insecure_believe_unverified_addresses",
        "true",
        unverified,
        500,
        302,
        fake=DigitalOcean,
    ),
    Effect(
        "allow_broken_cookie_prefixes",
        "true",
        cookie_made,
        REFUSED,
        ["__Host-mine"],
        'cookie_name = "__Host-mine"\ncookie_path = "/app"',
    ),
)
