"""
Who is told who somebody is.
"""

import base64

from tests.conformance.effects.scene import Effect, Look, Scene, answered, told

PASSWORD = 'basic_auth_password = "word"'
NO_BASIC = "pass_basic_auth = false"


def basic(user: str) -> list[str]:
    """
    Credentials as they are written.
    """
    return ["Basic " + base64.b64encode(f"{user}:word".encode()).decode()]


def spoofed(scene: Scene) -> list[str]:
    """
    Look at what the application gets of a client's own claim, without a login.
    """
    scene.ask("/open", "X-Forwarded-User: mallory")
    return scene.upstream.last().all("X-Forwarded-User")


def bearer(name: str, *, answer: bool = False) -> Look:
    """
    Look whether a field holds the ID token.
    """

    def look(scene: Scene) -> bool:
        found: list[str] = (answered(name) if answer else told(name))(scene)
        return found == [f"Bearer {scene.provider.id_tokens[-1]}"]

    return look


EFFECTS = (
    Effect(
        "pass_basic_auth", "false", told("Authorization"), basic("user-1"), [], PASSWORD
    ),
    Effect(
        "pass_user_headers", "false", told("X-Forwarded-User"), ["user-1"], [], NO_BASIC
    ),
    Effect(
        "pass_access_token", "true", told("X-Forwarded-Access-Token"), [], ["access-1"]
    ),
    Effect("pass_authorization_header", "true", bearer("Authorization"), False, True),
    Effect(
        "set_basic_auth",
        "true",
        answered("Authorization"),
        [],
        basic("user-1"),
        PASSWORD,
    ),
    Effect("set_xauthrequest", "true", answered("X-Auth-Request-User"), [], ["user-1"]),
    Effect(
        "set_authorization_header",
        "true",
        bearer("Authorization", answer=True),
        False,
        True,
    ),
    Effect(
        "prefer_email_to_user",
        "true",
        told("X-Forwarded-User"),
        ["user-1"],
        ["alice@example.com"],
    ),
    Effect("basic_auth_password", '"word"', told("Authorization"), [], basic("user-1")),
    Effect(
        "skip_auth_strip_headers",
        "false",
        spoofed,
        [],
        ["mallory"],
        'skip_auth_routes = ["^/open"]',
    ),
)
