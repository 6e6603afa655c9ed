"""
The applications behind the proxy.
"""

import time

from tests.conformance.effects.scene import Effect, Look, Scene, told
from tests.integration.harness.upstream import Exchange

OPEN = 'skip_auth_routes = ["^/"]'
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")
SECURED = f'{OPEN}\nupstreams = ["{{secured}}"]'


def page(scene: Scene) -> int:
    """
    Look at the status of a page for somebody signed in.
    """
    return scene.alice().ask("/page").status


def open_page(scene: Scene) -> int:
    """
    Look at the status of a page for everybody.
    """
    return scene.ask("/page").status


def slow_page(scene: Scene) -> int:
    """
    Look at the status of a page that takes a while.
    """

    def slow(exchange: Exchange) -> None:
        time.sleep(0.4)
        exchange.answer()

    scene.upstream.on("/slow", slow)
    return scene.ask("/slow").status


def proxied(scene: Scene) -> tuple[int, bool]:
    """
    Look at the status of a page, and whether it was asked for as a proxy is asked.
    """
    answer = scene.ask("/page?a=1")
    asked = [seen.target for seen in scene.upstream.seen]
    return answer.status, asked == ["http://app.invalid:81/page?a=1"]


def connections(count: int = 2) -> Look:
    """
    Look at how many connections some requests, one after the other, take.
    """

    def look(scene: Scene) -> int:
        for _ in range(count):
            scene.ask("/page")
        return len({seen.connection for seen in scene.upstream.seen})

    return look


def upgrade(scene: Scene) -> list[str]:
    """
    Look at what the application gets of a wish for a WebSocket.
    """
    scene.ask("/status/400", *UPGRADE)
    return scene.upstream.last().all("Upgrade")


def own_cookies(scene: Scene) -> bool:
    """
    Look whether the application gets the session's cookie.
    """
    return "_oauth2_proxy=" in "".join(told("Cookie")(scene))


EFFECTS = (
    Effect("upstreams", '["static://202"]', page, 200, 202),
    Effect(
        "upstream_timeout",
        '"50ms"',
        slow_page,
        200,
        504,
        f'{OPEN}\nhead_timeout = "80ms"',
    ),
    Effect(
        "pass_host_header",
        "false",
        lambda scene: told("Host")(scene) == ["app.test"],
        True,
        False,
    ),
    Effect("proxy_websockets", "false", upgrade, ["websocket"], [], OPEN),
    Effect("ssl_upstream_insecure_skip_verify", "true", open_page, 502, 200, SECURED),
    Effect(
        "upstreams_trust_as_provider",
        "true",
        open_page,
        502,
        200,
        f'{SECURED}\nprovider_ca_files = ["{{root}}"]',
    ),
    Effect(
        "upstreams_through_proxy",
        "true",
        proxied,
        (502, False),
        (200, True),
        f'{OPEN}\nupstreams = ["http://app.invalid:81"]\n'
        'upstream_connect_timeout = "500ms"',
        environment={"HTTP_PROXY": "{upstream}"},
    ),
    Effect("disable_keep_alives", "true", connections(), 1, 2, OPEN),
    Effect("max_idle_upstream_connections", "0", connections(), 1, 2, OPEN),
    Effect("pass_own_cookies", "false", own_cookies, True, False),
)
