"""
Where sessions are kept.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.conformance.effects.provider import farewells
from tests.conformance.effects.scene import (
    REFUSED,
    Effect,
    Look,
    Props,
    Scene,
    login_status,
)
from tests.integration.harness.authority import Authority
from tests.integration.harness.ports import free_port, until
from tests.integration.redis_fleet import HOST, Server, TLSFiles
from tests.unit.net.authority import Authority as ClientAuthority

PASSWORD = ("-a", "secret", "--no-auth-warning")


@frozen(eq=False)
class Fleet:
    """
    Servers of every kind: two plain ones, one with passwords, a sentinel that watches
    both plain ones, a cluster of one, and one that asks for certificates.
    """

    first: Server
    second: Server
    guarded: Server
    sentinel: Server
    cluster: Server
    secure: Server
    strict: Server

    def places(self) -> dict[str, str]:
        """
        Return what may stand in braces in an effect's texts.
        """
        return {
            "{first}": f"redis://{HOST}:{self.first.port}",
            "{guarded}": f"redis://{HOST}:{self.guarded.port}",
            "{sentinel}": f"redis://{HOST}:{self.sentinel.port}",
            "{cluster}": f"redis://{HOST}:{self.cluster.port}",
            "{tls}": f"{HOST}:{self.secure.port}",
            "{strict}": f"rediss://{HOST}:{self.strict.port}",
            "{nobody}": f"redis://{HOST}:{free_port()}",
        }

    def renew(self) -> None:
        """
        Forget all sessions.
        """
        for server in (self.first, self.second, self.cluster):
            server.cli("flushall")

    def holding(self, database: int = 0) -> list[str]:
        """
        Return which servers hold a session in a database.
        """
        named = {"first": self.first, "second": self.second, "cluster": self.cluster}
        return [
            name
            for name, server in named.items()
            if server.cli("--scan", introduce=("-n", str(database))).strip()
        ]


@contextmanager
def made_fleet(folder: Path, authority: Authority) -> Iterator[Fleet]:
    """
    Start all servers.
    """
    certificate = authority.issue(HOST, "localhost")

    others = ClientAuthority()
    others.sign("proxy").save(folder, "client")
    both = folder / "both.pem"
    both.write_bytes(authority.root.read_bytes() + others.pem)

    def tls(clients: str) -> TLSFiles:
        return TLSFiles(certificate.chain, certificate.key, both, clients)

    with ExitStack() as stack:

        def started(*lines: str, **rest: Any) -> Server:
            return stack.enter_context(Server(folder, *lines, **rest))

        first, second = started(), started()
        masters = (("main", second), ("other", first))
        watched = [f"sentinel monitor {n} {HOST} {s.port} 1" for n, s in masters]
        fleet = Fleet(
            first,
            second,
            started("user proxy on >secret ~* &* +@all", "requirepass secret"),
            started("requirepass watch", *watched, sentinel=True),
            started("cluster-enabled yes", f"cluster-port {free_port()}"),
            started(tls=tls("no")),
            started(tls=tls("yes")),
        )
        fleet.cluster.cli("cluster", "addslotsrange", "0", "16383")
        until(
            lambda: "cluster_state:ok" in fleet.cluster.cli("cluster", "info"),
            "the cluster",
        )
        yield fleet


@frozen
class Stored(Effect):
    """
    An effect that is seen with sessions in Redis.
    """

    def look_at(self, text: str, alpha: str, here: Path, props: Props) -> Any:
        """
        Serve a configuration with the servers' addresses, and look at it.
        """
        fleet = props.fleet()
        fleet.renew()
        for place, value in fleet.places().items():
            text = text.replace(place, value)
        return super().look_at(text, alpha, here, props)


def held(database: int = 0) -> Look:
    """
    Look at where the session of somebody who signs in is.
    """

    def look(scene: Scene) -> list[str]:
        scene.alice()
        found: list[str] = scene.props.fleet().holding(database)
        return found

    return look


def in_database(scene: Scene) -> list[int]:
    """
    Look at the number of the database that holds sessions.
    """
    scene.alice()
    return [n for n in (5, 6) if scene.props.fleet().holding(n)]


def user(scene: Scene) -> bool:
    """
    Look whether the server knows us by our name.
    """
    scene.alice()
    guarded = scene.props.fleet().guarded
    return "user=proxy" in guarded.cli("client", "list", introduce=PASSWORD)


def is_kept(scene: Scene) -> bool:
    """
    Look whether a connection that nobody uses is kept for more than a second.
    """
    first = scene.props.fleet().first
    scene.alice()
    end = time.monotonic() + 1.6
    while _commanders(first) and time.monotonic() < end:
        time.sleep(0.1)
    return bool(_commanders(first))


def _commanders(server: Server) -> list[str]:
    """
    The connections of ours that commands go over.
    """
    lines = server.cli("client", "list").splitlines()
    ours = [line for line in lines if " name=oauthproxy " in line]
    return [line for line in ours if " sub=0 " in line]


def patient(scene: Scene) -> int:
    """
    Look at a login while the server stands still for a while.
    """
    first = scene.props.fleet().first
    visitor = scene.stranger()
    back = visitor.begin()
    scene.alice()
    first.freeze()
    scene.running.service._reactor.callFromThread(
        lambda: scene.running.service._reactor.callLater(0.4, first.thaw)
    )
    return visitor.ask(back).status


REDIS = 'session_store_type = "redis"'
FIRST = 'redis_connection_url = "{first}"'
GUARDED = f'{REDIS}\nredis_connection_url = "{{guarded}}"'
SENTINEL = f"""{REDIS}
{FIRST}
redis_sentinel_connection_urls = ["{{sentinel}}"]
redis_sentinel_master_name = "main"
redis_sentinel_password = "watch"
"""
WATCHED = f"{SENTINEL}redis_use_sentinel = true\n"
CLUSTER = f'{REDIS}\n{FIRST}\nredis_cluster_connection_urls = ["{{cluster}}"]'
SECURE = f'{REDIS}\nredis_connection_url = "rediss://{{tls}}"'
STRICT = f'{REDIS}\nredis_connection_url = "{{strict}}"\nredis_ca_path = "{{root}}"'


def without(text: str, option: str) -> str:
    """
    Return lines without that of an option.
    """
    lines = text.splitlines()
    return "\n".join(each for each in lines if each.partition(" = ")[0] != option)


EFFECTS = (
    Stored("session_store_type", '"redis"', held(), [], ["first"], FIRST),
    Effect(
        "session_cookie_minimal",
        "true",
        farewells,
        ["the token"],
        [],
        'backend_logout_url = "{issuer}/bye?t={id_token}"',
    ),
    Stored(
        "redis_connection_url",
        '"{first}/6"',
        in_database,
        [5],
        [6],
        REDIS,
        '"{first}/5"',
    ),
    Stored(
        "redis_username",
        '"proxy"',
        user,
        False,
        True,
        f'{GUARDED}\nredis_password = "secret"',
    ),
    Stored("redis_password", '"secret"', login_status, 503, 302, GUARDED),
    Stored("redis_use_sentinel", "true", held(), ["first"], ["second"], SENTINEL),
    Stored(
        "redis_sentinel_password",
        '"wrong"',
        login_status,
        302,
        503,
        without(WATCHED, "redis_sentinel_password"),
        '"watch"',
    ),
    Stored(
        "redis_sentinel_master_name",
        '"other"',
        held(),
        ["second"],
        ["first"],
        without(WATCHED, "redis_sentinel_master_name"),
        '"main"',
    ),
    Stored(
        "redis_sentinel_connection_urls",
        '["{nobody}"]',
        login_status,
        302,
        503,
        without(WATCHED, "redis_sentinel_connection_urls"),
        '["{sentinel}"]',
    ),
    Stored("redis_use_cluster", "true", held(), ["first"], ["cluster"], CLUSTER),
    Stored(
        "redis_cluster_connection_urls",
        '["{nobody}"]',
        login_status,
        302,
        503,
        without(CLUSTER, "redis_cluster_connection_urls")
        + "\nredis_use_cluster = true",
        '["{cluster}"]',
    ),
    Stored("redis_ca_path", '"{root}"', login_status, 503, 302, SECURE),
    Stored("redis_insecure_skip_tls_verify", "true", login_status, 503, 302, SECURE),
    Stored(
        "redis_client_cert_file",
        '"{folder}/client.crt"',
        login_status,
        503,
        302,
        f'{STRICT}\nredis_client_key_file = "{{folder}}/client.key"',
    ),
    Stored(
        "redis_client_key_file",
        '"{folder}/client.key"',
        login_status,
        REFUSED,
        302,
        f'{STRICT}\nredis_client_cert_file = "{{folder}}/client.crt"',
    ),
    Stored(
        "redis_connection_idle_timeout", "1", is_kept, True, False, f"{REDIS}\n{FIRST}"
    ),
    Stored("store_timeout", '"100ms"', patient, 302, 503, f"{REDIS}\n{FIRST}"),
)
