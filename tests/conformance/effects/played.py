"""
A house whose provider is one of the fakes, which answers at the addresses of the real
one.
"""

import base64
import json
from pathlib import Path
from typing import Any

from attrs import define, field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.conformance.effects.running import running
from tests.conformance.effects.scene import BASE, Effect, Props, Scene
from tests.integration.fakes.fake import Fake
from tests.integration.fakes.world import World
from tests.integration.harness.provider import Call, Reply
from tests.integration.harness.tokens import decode
from tests.integration.harness.visitor import Visitor

COMMON = """
redirect_url = "http://app.test/oauth2/callback"
cookie_secure = false
provider_ca_files = ["{root}"]
"""


@define
class Play(Scene):
    """
    One look at a house and the fake in front of it. `heard` is all that the fake was
    asked.
    """

    fake: Fake = field(kw_only=True)
    heard: list[tuple[str, Call]] = field(factory=list, kw_only=True)

    def login(self) -> int:
        """
        Sign in; the status of the answer to the callback.
        """
        return self.enter(self.stranger())

    def enter(self, visitor: Visitor) -> int:
        """
        Sign in with a browser; the status of the answer to the callback.
        """
        started = visitor.ask("/oauth2/start?rd=/home")
        back = self.fake.authorize(started.one("Location") or "")
        return visitor.ask(back).status

    def told(self, name: str) -> list[str]:
        """
        Return a field that the application gets about the person.
        """
        visitor = self.stranger()
        assert self.enter(visitor) == 302, self.log()
        assert visitor.ask("/page").status == 200
        return self.upstream.last().all(name)

    def calls(self, part: str) -> list[Call]:
        """
        Return the calls to places that contain a text, such as "host/path".
        """
        return [call for host, call in self.heard if part in f"{host}{call.path}"]


@frozen
class Played(Effect):
    """
    An effect that is seen with a fake; its own line about the option does not count.
    """

    fake: type[Fake] = field(kw_only=True)

    def configuration(self, value: str) -> str:
        """
        Return a whole configuration file.
        """
        lines = [*self.fake.options.splitlines(), *COMMON.splitlines()]
        lines = [line for line in lines if line.partition(" = ")[0] != self.option]
        own = "\n".join([self.beside, *lines])
        if value:
            own += f"\n{self.option} = {value}"
        given = {line.partition("=")[0].strip() for line in own.splitlines()}
        dropped = given | {"oidc_issuer_url"}
        base = [f"{n} = {v}" for n, v in BASE.items() if n not in dropped]
        return "\n".join([*base, own, ""])

    def look_at(self, text: str, alpha: str, here: Path, props: Props) -> Any:
        """
        Serve a configuration in the world of the fake, and look at it.
        """
        fake, heard = self.fake(), []

        def reply(host: str, call: Call) -> Reply:
            heard.append((host, call))
            return fake.reply(host, call)

        world = World(props.authority, tuple(fake.hosts), reply).start()
        variables = {
            "NO_PROXY": "localhost",
            **world.environment(),
            **{n: props.fill(v) for n, v in self.environment.items()},
        }
        try:
            with running(text, here, variables, alpha=alpha) as program:
                return self.look(Play(program, props, fake=fake, heard=heard))
        finally:
            props.aside(world.stop)


def outsider(scene: Play) -> int:
    """
    Look at how a login ends of somebody who is no member.
    """
    scene.fake.member = False
    return scene.login()


def member(scene: Play) -> int:
    """
    Look at how a login ends of somebody who is one.
    """
    return scene.login()


def groups(scene: Play) -> list[str]:
    """
    Look at the groups that the application is told.
    """
    return scene.told("X-Forwarded-Groups")


def payload(token: str) -> dict[str, Any]:
    """
    The claims of a token.
    """
    found: dict[str, Any] = json.loads(decode(token.split(".")[1]))
    return found


class Key:
    """
    An RSA key of a client.
    """

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    def pem(self) -> str:
        """
        The private key.
        """
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def signed(self, token: str) -> bool:
        """
        Whether a token has a signature of this key.
        """
        text, _, signature = token.rpartition(".")
        try:
            self._key.public_key().verify(
                decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        return True


def robot(address: str, key: Key) -> bytes:
    """
    The key file of a service account.
    """
    return json.dumps(
        {
            "type": "service_account",
            "client_email": address,
            "private_key_id": "robot-1",
            "private_key": key.pem(),
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    ).encode()


def unsigned(claims: Any) -> str:
    """
    A token that nobody signed.
    """
    told: tuple[Any, ...] = ({}, claims)
    parts = [base64.urlsafe_b64encode(json.dumps(x).encode()) for x in told]
    return ".".join(part.decode().rstrip("=") for part in parts) + ".x"
