"""
The cookies, and the session in them.
"""

from tests.conformance.effects.scene import HOST, Effect, Look, Scene
from tests.live import SECRET

SESSION, LOGIN = "_oauth2_proxy", "_oauth2_proxy_csrf"
ANOTHER = "fedcba9876543210fedcba9876543210"
PER_REQUEST = "cookie_csrf_per_request = true"
AN_HOUR = 3600


def line(lines: list[str], name: str) -> str:
    """
    The Set-Cookie line that sets a cookie.
    """
    (found,) = [each for each in lines if each.startswith(f"{name}=")]
    return found


def attribute(text: str, name: str) -> str | None:
    """
    An attribute of a Set-Cookie line; empty for one without a value.
    """
    for part in text.split("; ")[1:]:
        key, _, value = part.partition("=")
        if key.lower() == name.lower():
            return value
    return None


def of_session(name: str) -> Look:
    """
    Look at an attribute of the cookie that a login ends with.
    """
    return lambda scene: attribute(
        line(scene.stranger().login().all("Set-Cookie"), SESSION), name
    )


def of_login(name: str) -> Look:
    """
    Look at an attribute of the cookie that a login begins with.
    """
    return lambda scene: attribute(
        line(scene.ask("/oauth2/start").all("Set-Cookie"), LOGIN), name
    )


def names(scene: Scene) -> set[str]:
    """
    Look at the names of the cookies that a login leaves.
    """
    return set(scene.alice().cookies)


def usual_name(scene: Scene) -> bool:
    """
    Look whether a login's cookie has the name of all.
    """
    visitor = scene.stranger()
    visitor.begin()
    return list(visitor.cookies) == [LOGIN]


def logins_kept(scene: Scene) -> int:
    """
    Look at how many logins at once somebody can finish.
    """
    visitor = scene.stranger()
    for _ in range(12):
        visitor.begin()
    return len(visitor.cookies)


def known(secret: str) -> Look:
    """
    Look whether a session is known that was made with a secret.
    """

    def look(scene: Scene) -> int:
        effect = Effect("cookie_secret", f'"{secret}"', _cookie, None, None)
        cookie = effect.seen(scene.props, changed=True)
        return scene.ask("/oauth2/auth", cookie, host=HOST).status

    return look


def _cookie(scene: Scene) -> str:
    return scene.aged(0)


def refreshed(scene: Scene) -> int:
    """
    Look at how often a session of an hour's age is refreshed.
    """
    scene.ask("/page", scene.aged(AN_HOUR))
    return len(scene.provider.called("/token"))


EFFECTS = (
    Effect("cookie_name", '"mine"', names, {SESSION}, {"mine"}),
    Effect("cookie_secret", f'"{ANOTHER}"', known(SECRET), 202, 401),
    Effect(
        "cookie_secret_file",
        '"{folder}/another"',
        known(SECRET),
        202,
        401,
        'cookie_secret = ""',
        '"{folder}/same"',
        files={"same": SECRET.encode(), "another": ANOTHER.encode()},
    ),
    Effect(
        "cookie_secret_previous",
        f'["{SECRET}"]',
        known(SECRET),
        401,
        202,
        f'cookie_secret = "{ANOTHER}"',
    ),
    Effect("cookie_domains", '["test"]', of_session("Domain"), None, "test"),
    Effect("cookie_path", '"/oauth2"', of_session("Path"), "/", "/oauth2"),
    Effect("cookie_expire", '"1h"', of_session("Max-Age"), "604800", "3600"),
    Effect("cookie_refresh", '"59m"', refreshed, 0, 1),
    Effect("cookie_secure", "false", of_session("Secure"), "", None),
    Effect("cookie_httponly", "false", of_session("HttpOnly"), "", None),
    Effect("cookie_samesite", '"lax"', of_session("SameSite"), None, "Lax"),
    Effect("cookie_csrf_per_request", "true", usual_name, True, False),
    Effect("cookie_csrf_per_request_limit", "3", logins_kept, 11, 4, PER_REQUEST),
    Effect("unlimited_login_cookies", "true", logins_kept, 11, 12, PER_REQUEST),
    Effect("cookie_csrf_expire", '"1m"', of_login("Max-Age"), "900", "60"),
    Effect("cookie_csrf_samesite", '"none"', of_login("SameSite"), None, "None"),
)
