"""
The identity provider, and OpenID Connect.
"""

from typing import Any

from tests.conformance.effects.scene import (
    Effect,
    Look,
    Scene,
    login_parameter,
    login_status,
    told,
)
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET

AN_HOUR = 3600
LOGIN = 'login_url = "{issuer}/authorize"'
REDEEM = 'redeem_url = "{issuer}/token"'
JWKS = 'oidc_jwks_url = "{issuer}/keys"'
SKIP = "skip_oidc_discovery = true"
ADFS = 'provider = "adfs"'
EMAIL = ["alice@example.com"]


def login_at(place: str) -> Look:
    """
    Look whether a login begins at a provider.
    """
    return lambda scene: scene.begun().startswith(scene.props.fill(place))


def asked(place: str, path: str) -> Look:
    """
    Look at how often a login makes a provider be asked for a path.
    """

    def look(scene: Scene) -> int:
        scene.stranger().login()
        issuer = scene.props.fill(place)
        props = scene.props
        (found,) = [p for p in (props.provider, props.other) if p.issuer == issuer]
        return len(found.called(path))

    return look


def claiming(look: Look, **claims: Any) -> Look:
    """
    Look when the ID token has other claims, and userinfo has none of them.
    """

    def changed(scene: Scene) -> Any:
        scene.provider.claims.update(claims)
        for name in claims:
            scene.provider.userinfo.pop(name, None)
        return look(scene)

    return changed


def told_by_profile(scene: Scene) -> int:
    """
    Look at a login whose address only userinfo tells.
    """
    scene.provider.claims["email"] = None
    return scene.stranger().login().status


def validated(scene: Scene) -> int:
    """
    Look at how often the provider is asked about a session that is due.
    """
    scene.ask("/page", scene.aged(AN_HOUR))
    return len(scene.provider.called("/validate"))


def farewells(scene: Scene) -> list[str]:
    """
    Look at what the provider hears of a sign-out: the last part of the ID token.
    """
    scene.alice().ask("/oauth2/sign_out")
    token = scene.provider.id_tokens[-1]
    calls = scene.provider.called("/bye")
    return ["the token" for call in calls if call.value("t") == token]


PROVIDER = (
    Effect("provider", '"github"', login_at("https://github.com/"), False, True),
    Effect("client_id", '"another"', login_parameter("client_id"), CLIENT, "another"),
    Effect("client_secret", '"another"', login_status, 302, 500),
    Effect(
        "client_secret_file",
        '"{folder}/another"',
        login_status,
        302,
        500,
        'client_secret = ""',
        '"{folder}/same"',
        files={"same": CLIENT_SECRET.encode(), "another": b"another"},
    ),
    Effect(
        "login_url",
        '"{other}/authorize"',
        login_at("{other}"),
        False,
        True,
        f"{SKIP}\n{REDEEM}\n{JWKS}",
        '"{issuer}/authorize"',
    ),
    Effect(
        "redeem_url",
        '"{other}/token"',
        asked("{other}", "/token"),
        0,
        1,
        f"{SKIP}\n{LOGIN}\n{JWKS}",
        '"{issuer}/token"',
    ),
    Effect(
        "profile_url",
        '"{issuer}/userinfo"',
        told_by_profile,
        500,
        302,
        f"{SKIP}\n{LOGIN}\n{REDEEM}\n{JWKS}",
    ),
    Effect(
        "validate_url",
        '"{issuer}/validate"',
        validated,
        0,
        1,
        'provider = "digitalocean"\ncookie_refresh = "1m"',
        '"{issuer}/elsewhere"',
    ),
    Effect(
        "backend_logout_url",
        '"{issuer}/bye?t={id_token}"',
        farewells,
        [],
        ["the token"],
    ),
    Effect(
        "scope",
        '"openid x"',
        login_parameter("scope"),
        "openid email profile",
        "openid x",
    ),
    Effect("prompt", '"login"', login_parameter("prompt"), None, "login"),
    Effect(
        "approval_prompt", '"auto"', login_parameter("approval_prompt"), "force", "auto"
    ),
    Effect("acr_values", '"high"', login_parameter("acr_values"), None, "high"),
    Effect(
        "auth_request_response_mode",
        '"form_post"',
        login_parameter("response_mode"),
        None,
        "form_post",
    ),
    Effect(
        "code_challenge_method",
        '"plain"',
        login_parameter("code_challenge_method"),
        "S256",
        "plain",
    ),
    Effect(
        "force_code_challenge_method",
        '"plain"',
        login_parameter("code_challenge_method"),
        "S256",
        "plain",
    ),
    Effect(
        "insecure_skip_default_pkce",
        "true",
        login_parameter("code_challenge_method"),
        "S256",
        None,
    ),
    Effect("allowed_groups", '["board"]', login_status, 302, 403),
    Effect(
        "skip_claims_from_profile_url",
        "true",
        claiming(asked("{issuer}", "/userinfo"), groups=None),
        1,
        0,
    ),
    Effect(
        "resource",
        '"https://app.test/"',
        login_parameter("scope"),
        "openid email profile",
        "https://app.test/openid email profile",
        ADFS,
    ),
)

OIDC = (
    Effect("oidc_issuer_url", '"{other}"', login_at("{other}"), False, True),
    Effect(
        "skip_oidc_discovery",
        "true",
        login_at("{other}"),
        False,
        True,
        f'login_url = "{{other}}/authorize"\n{REDEEM}\n{JWKS}',
    ),
    Effect(
        "oidc_jwks_url",
        '"{other}/keys"',
        login_status,
        302,
        500,
        f"{SKIP}\n{LOGIN}\n{REDEEM}",
        '"{issuer}/keys"',
    ),
    Effect(
        "oidc_public_key_files",
        '["{folder}/other.pem"]',
        login_status,
        302,
        500,
        f"{SKIP}\n{LOGIN}\n{REDEEM}",
        '["{folder}/provider.pem"]',
    ),
    Effect(
        "oidc_enabled_signing_algs",
        '["ES256"]',
        login_status,
        302,
        500,
        f"{SKIP}\n{LOGIN}\n{REDEEM}\n{JWKS}",
    ),
    Effect(
        "insecure_oidc_allow_unverified_email",
        "true",
        claiming(login_status, email_verified=False),
        500,
        302,
    ),
    Effect(
        "insecure_oidc_skip_issuer_verification",
        "true",
        claiming(login_status, iss="https://elsewhere.test"),
        500,
        302,
    ),
    Effect(
        "insecure_oidc_skip_nonce",
        "true",
        lambda scene: login_parameter("nonce")(scene) is None,
        False,
        True,
    ),
    Effect(
        "insecure_skip_default_nonce",
        "true",
        lambda scene: login_parameter("nonce")(scene) is None,
        False,
        True,
    ),
    Effect(
        "oidc_email_claim",
        '"upn"',
        claiming(told("X-Forwarded-Email"), upn="a@b.test"),
        EMAIL,
        ["a@b.test"],
    ),
    Effect(
        "user_id_claim",
        '"upn"',
        claiming(told("X-Forwarded-Email"), upn="a@b.test"),
        EMAIL,
        ["a@b.test"],
    ),
    Effect(
        "oidc_groups_claim",
        '"roles"',
        claiming(told("X-Forwarded-Groups"), roles=["boss"]),
        ["dev,ops"],
        ["boss"],
    ),
    Effect(
        "oidc_audience_claims",
        '["client"]',
        claiming(login_status, aud="somebody", client=CLIENT),
        500,
        302,
    ),
    Effect(
        "oidc_extra_audiences",
        '["somebody"]',
        claiming(login_status, aud="somebody"),
        500,
        302,
    ),
)
EFFECTS = PROVIDER + OIDC
