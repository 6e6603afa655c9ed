"""
Who may pass, with and without a login; health and readiness.
"""

import base64
from typing import Any

from tests.conformance.effects.scene import (
    Effect,
    Scene,
    login_status,
    status,
)
from tests.integration.harness.ports import until
from tests.integration.harness.provider import CLIENT

KIM = b"kim:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"
BASIC = f"Authorization: Basic {base64.b64encode(b'kim:password').decode()}"
PREFLIGHT = ("Origin: https://a.test", "Access-Control-Request-Method: PUT")
HTPASSWD = 'htpasswd_file = "{folder}/users"'
JWT = "skip_jwt_bearer_tokens = true"
GOOGLE = "User-Agent: GoogleHC/1.0"


def groups_of_kim(scene: Scene) -> Any:
    """
    Look at the groups of somebody with a password.
    """
    return scene.ask("/oauth2/userinfo", BASIC).json().get("groups")


def left_to(scene: Scene) -> str | None:
    """
    Look at where a sign-out leads that wishes to go elsewhere.
    """
    return scene.ask("/oauth2/sign_out?rd=https://other.test/x").one("Location")


def kind(target: str, *fields: str) -> Any:
    """
    Look at status and type of an answer.
    """

    def look(scene: Scene) -> tuple[int, str | None]:
        answer = scene.ask(target, *fields)
        return answer.status, answer.one("Content-Type")

    return look


def with_token(scene: Scene) -> int:
    """
    Look at the answer to a token of the provider.
    """
    token = scene.provider.id_token()
    return scene.ask("/", f"Authorization: Bearer {token}").status


def with_other_token(scene: Scene) -> int:
    """
    Look at the answer to a token of another issuer.
    """
    token = scene.props.other.id_token()
    return scene.ask("/", f"Authorization: Bearer {token}").status


def with_bad_token(scene: Scene) -> bool:
    """
    Look whether somebody with a bad token is shown the way in.
    """
    answer = scene.ask("/", "Authorization: Bearer a.b.c", "Accept: text/html")
    return b"Sign in with" in answer.body


def readiness(target: str) -> Any:
    """
    Look at an answer that does not come well before the provider is known.
    """

    def look(scene: Scene) -> int:
        return until(
            lambda: (found := scene.ask(target).status) != 503 and found,
            "the provider to be known",
        )

    return look


PAGE = (403, "text/html; charset=utf-8")

EFFECTS = (
    Effect("email_domains", '["other.test"]', login_status, 302, 403),
    Effect(
        "authenticated_emails_file",
        '"{folder}/emails"',
        login_status,
        403,
        302,
        'email_domains = ["other.test"]',
        files={"emails": b"alice@example.com\n"},
    ),
    Effect("whitelist_domains", '["other.test"]', left_to, "/", "https://other.test/x"),
    Effect(
        "htpasswd_file",
        '"{folder}/users"',
        status("/oauth2/auth", BASIC),
        401,
        202,
        files={"users": KIM},
    ),
    Effect(
        "htpasswd_user_groups",
        '["a", "b"]',
        groups_of_kim,
        None,
        ["a", "b"],
        HTPASSWD,
        files={"users": KIM},
    ),
    Effect("skip_auth_routes", '["GET=^/open"]', status("/open"), 403, 200),
    Effect("skip_auth_regex", '["^/open"]', status("/open"), 403, 200),
    Effect(
        "skip_auth_preflight",
        "true",
        status("/", *PREFLIGHT, method="OPTIONS"),
        403,
        200,
    ),
    Effect("api_routes", '["^/api"]', kind("/api/x"), PAGE, (401, "application/json")),
    Effect("skip_jwt_bearer_tokens", "true", with_token, 403, 200),
    Effect("bearer_token_login_fallback", "false", with_bad_token, True, False, JWT),
    Effect(
        "extra_jwt_issuers", f'["{{other}}={CLIENT}"]', with_other_token, 403, 200, JWT
    ),
    Effect("ping_path", '"/alive"', status("/alive"), 403, 200),
    Effect("ping_user_agent", '"prober"', status("/ping"), 200, 403),
    Effect("ready_path", '"/there"', readiness("/there"), 403, 200),
    Effect("gcp_healthchecks", "true", status("/liveness_check", GOOGLE), 403, 200),
)
