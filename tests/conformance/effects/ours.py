"""
Options that oauth2-proxy does not have.
"""

from typing import Any

from tests.conformance.effects.played import Key, payload
from tests.conformance.effects.scene import (
    Effect,
    Scene,
    login_parameter,
    status,
)
from tests.conformance.effects.upstream import OPEN, UPGRADE
from tests.integration.harness.tokens import decode

FIRST, SECOND = Key(), Key()
KEYS = {"first.pem": FIRST.pem().encode(), "second.pem": SECOND.pem().encode()}
ASSERTION = 'token_endpoint_auth_method = "private_key_jwt"'
FIRST_FILE = 'client_assertion_key_file = "{folder}/first.pem"'
END = "{issuer}/end"


def expired(scene: Scene) -> int:
    """
    Look at the answer to somebody whose session is over.
    """
    past = scene.running.house.clock.now() - 10**9
    return scene.ask("/page", scene.aged(60, expires_on=past, refresh_token="")).status


def proof(scene: Scene) -> str:
    """
    Look at how we prove who we are at the token endpoint.
    """
    scene.stranger().login()
    (call,) = scene.provider.called("/token")
    if "authorization" in call.fields:
        return "field"
    return "form" if "client_secret" in call.form else "assertion"


def asserted(scene: Scene) -> str:
    """
    The assertion that the token endpoint gets.
    """
    scene.stranger().login()
    (call,) = scene.provider.called("/token")
    token = call.value("client_assertion")
    assert payload(token)["iss"] == "client-1"
    return token


def key_id(scene: Scene) -> Any:
    """
    Look at the id of the key in an assertion.
    """
    import json

    return json.loads(decode(asserted(scene).split(".")[0])).get("kid")


def left_at(scene: Scene) -> bool:
    """
    Look whether a sign-out leads to the provider.
    """
    location = scene.alice().ask("/oauth2/sign_out").one("Location") or ""
    return location.startswith(scene.props.fill(END))


EFFECTS = (
    Effect(
        "reference_behaviour",
        "true",
        login_parameter("code_challenge_method"),
        "S256",
        None,
    ),
    Effect(
        "insecure_skip_any_options",
        "true",
        status("/", method="OPTIONS"),
        403,
        200,
        "skip_auth_preflight = true",
    ),
    Effect("insecure_skip_session_expiry", "true", expired, 403, 200),
    Effect("allowed_hosts", '["other.test"]', status("/ping"), 200, 421),
    Effect(
        "websocket_origins",
        '["good.test"]',
        status("/status/400", *UPGRADE, "Origin: https://bad.test"),
        400,
        403,
        OPEN,
    ),
    Effect(
        "show_login_to_scripts",
        "true",
        status("/", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"),
        401,
        403,
    ),
    Effect(
        "token_endpoint_auth_method", '"client_secret_post"', proof, "field", "form"
    ),
    Effect(
        "client_assertion_key_file",
        '"{folder}/second.pem"',
        lambda scene: FIRST.signed(asserted(scene)),
        True,
        False,
        ASSERTION,
        '"{folder}/first.pem"',
        files=KEYS,
    ),
    Effect(
        "client_assertion_key_id",
        '"ours"',
        key_id,
        None,
        "ours",
        f"{ASSERTION}\n{FIRST_FILE}",
        files=KEYS,
    ),
    Effect(
        "sign_out_at_provider",
        "true",
        left_at,
        False,
        True,
        metadata={"end_session_endpoint": END},
    ),
)
