"""
A running house between a provider and an application, for one look at it.

An `Effect` says what is seen without an option and with it. Both are looked for, so an
option that is ignored shows.
"""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import define, evolve, field, frozen

from oauthproxy.errors import SettingsError
from oauthproxy.session.session import Session
from oauthproxy.settings.kinds import SECOND
from oauthproxy.wire.cookies import Cookies
from tests.conformance.effects.running import Running, converted, running
from tests.integration.harness.authority import Authority, Certificate
from tests.integration.harness.client import Answer, RawClient, request
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET, Provider
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor
from tests.live import SECRET, await_

HOST = "app.test"
REFUSED = "refused"

BASE = {
    "provider": '"oidc"',
    "oidc_issuer_url": '"{issuer}"',
    "client_id": f'"{CLIENT}"',
    "client_secret": f'"{CLIENT_SECRET}"',
    "cookie_secret": f'"{SECRET}"',
    "email_domains": '["*"]',
    "upstreams": '["{upstream}"]',
    "http_address": '"127.0.0.1:0"',
}
"""TOML by option: what every house has, unless an effect says something else."""


@define
class Props:
    """
    What houses stand between: made once, and as good as new for each look.
    """

    folder: Path
    authority: Authority
    provider: Provider
    other: Provider
    secure: Provider
    upstream: Upstream
    secured: Upstream
    certificate: Certificate
    deaf: int
    fleet: Callable[[], Any]
    leaving: list[threading.Thread] = field(factory=list)

    def aside(self, call: Callable[[], None]) -> None:
        """
        Make a call that takes a while, and do not wait for it until the end.
        """
        thread = threading.Thread(target=call)
        thread.start()
        self.leaving.append(thread)

    def places(self) -> Mapping[str, str]:
        """
        Return what may stand in braces in an effect's texts.
        """
        return {
            "{issuer}": self.provider.issuer,
            "{other}": self.other.issuer,
            "{secure}": self.secure.issuer,
            "{upstream}": self.upstream.url,
            "{secured}": self.secured.url,
            "{folder}": str(self.folder),
            "{root}": str(self.authority.root),
            "{chain}": str(self.certificate.chain),
            "{key}": str(self.certificate.key),
            "{deaf}": f"http://127.0.0.1:{self.deaf}",
        }

    def fill(self, text: str) -> str:
        """
        Return a text with its places named.
        """
        for place, value in self.places().items():
            text = text.replace(place, value)
        return text

    def renew(self) -> None:
        """
        Be honest again and forget.
        """
        for provider in (self.provider, self.other, self.secure):
            provider.restore()
        for upstream in (self.upstream, self.secured):
            upstream.forget()


@contextmanager
def made_props(
    folder: Path, authority: Authority, fleet: Callable[[], Any]
) -> Iterator[Props]:
    """
    Start everything that houses stand between; `fleet` gives servers for sessions.
    """
    certificate = authority.issue("localhost", "127.0.0.1")
    with ExitStack() as stack:
        props = Props(
            folder,
            authority,
            provider=Provider(),
            other=Provider(),
            secure=Provider(certificate=certificate),
            upstream=Upstream(),
            secured=Upstream(certificate=certificate),
            certificate=certificate,
            deaf=stack.enter_context(_deaf()),
            fleet=fleet,
        )
        for provider in (props.provider, props.other, props.secure):
            stack.callback(provider.start().stop)
        for upstream in (props.upstream, props.secured):
            stack.callback(upstream.close)
        _write_files(props)
        yield props
        for thread in props.leaving:
            thread.join()


@define
class Scene:
    """
    One house at one look.
    """

    running: Running
    props: Props

    @property
    def provider(self) -> Provider:
        """
        The identity provider.
        """
        return self.props.provider

    @property
    def upstream(self) -> Upstream:
        """
        The application.
        """
        return self.props.upstream

    @property
    def address(self) -> tuple[str, int]:
        """
        Where the house listens.
        """
        return ("127.0.0.1", self.running.port())

    def ask(
        self,
        target: str = "/",
        *fields: str,
        method: str = "GET",
        body: bytes = b"",
        host: str = HOST,
    ) -> Answer:
        """
        Send one request without a cookie of its own.
        """
        data = request(method, target, fields, host=host, body=body, close=True)
        with RawClient(self.address) as client:
            return client.ask(data)

    def stranger(self) -> Visitor:
        """
        A browser that has not signed in.
        """
        return Visitor(self.address, HOST)

    def alice(self) -> Visitor:
        """
        A browser that has signed in.
        """
        visitor = self.stranger()
        answer = visitor.login("/home")
        assert answer.status == 302, (answer, self.log())
        return visitor

    def begun(self, *fields: str, target: str = "/oauth2/start?rd=/home") -> str:
        """
        The address at the provider that a login begins with.
        """
        answer = self.ask(target, *fields)
        assert answer.status == 302, (answer, self.log())
        return answer.one("Location") or ""

    def aged(self, seconds: int, **facts: Any) -> str:
        """
        The Cookie field of a browser whose session was made some time ago.
        """
        now = self.running.house.clock.now()
        session = Session(
            created_at=now - seconds * SECOND,
            email="alice@example.com",
            user="user-1",
            access_token="access-1",
            refresh_token="refresh-1",
        )
        session = evolve(session, **facts)
        lines = await_(self.running.house.store.save(session, Cookies(), HOST))
        pairs = "; ".join(line.partition(";")[0] for line in lines)
        return f"Cookie: {pairs}"

    def log(self) -> str:
        """
        What was logged until now.
        """
        return self.running.out() + self.running.err()

    def logged(self, word: str) -> str:
        """
        The first log line with a word in it; empty when there is none.
        """
        return next((line for line in self.log().splitlines() if word in line), "")


Look = Callable[[Any], Any]
"""Takes a scene, or what a kind of effect makes in its place."""


@frozen
class Effect:
    """
    An option, a value of it in TOML, and what `look` returns without it (`usual`) and
    with it (`other`), or that the program does not start (`REFUSED`).

    `beside` are further lines of both configurations, `instead` a value that stands in
    the first in place of the default, `files` what is in the folder, `metadata` what
    the provider says besides.
    """

    option: str
    value: str
    look: Look
    usual: Any
    other: Any
    beside: str = ""
    instead: str = ""
    files: Mapping[str, bytes] = field(factory=dict, kw_only=True)
    metadata: Mapping[str, str] = field(factory=dict, kw_only=True)
    environment: Mapping[str, str] = field(factory=dict, kw_only=True)

    def configuration(self, value: str) -> str:
        """
        Return a whole configuration file, with the option unless `value` is empty.
        """
        own = self.beside
        if value:
            own += f"\n{self.option} = {value}"
        given = {line.partition("=")[0].strip() for line in own.splitlines()}
        base = [f"{n} = {v}" for n, v in BASE.items() if n not in given]
        return "\n".join([*base, own, ""])

    def seen(self, props: Props, *, changed: bool, alpha: bool = False) -> Any:
        """
        Serve a configuration, perhaps converted to an alpha one, and look at it.
        """
        props.renew()
        for name, content in self.files.items():
            (props.folder / name).write_bytes(content)
        for name, value in self.metadata.items():
            props.provider.metadata[name] = props.fill(value)
        here = Path(mkdtemp(dir=props.folder))
        text = self.configuration(self.value if changed else self.instead)
        text = props.fill(text.replace("{here}", str(here)))
        return self.look_at(*(converted(text) if alpha else (text, "")), here, props)

    def look_at(self, text: str, alpha: str, here: Path, props: Props) -> Any:
        """
        Serve a configuration in a folder and look at it.
        """
        variables = {n: props.fill(v) for n, v in self.environment.items()}
        try:
            with running(text, here, variables, alpha=alpha) as program:
                return self.look(Scene(program, props))
        except SettingsError:
            if REFUSED not in (self.usual, self.other):
                raise
            return REFUSED


def parameters(location: str) -> dict[str, str]:
    """
    The query parameters of a URL.
    """
    query = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def login_parameter(name: str) -> Look:
    """
    Look at a parameter that a login begins with.
    """
    return lambda scene: parameters(scene.begun()).get(name)


def status(target: str = "/", *fields: str, method: str = "GET") -> Look:
    """
    Look at the status of an answer to nobody in particular.
    """
    return lambda scene: scene.ask(target, *fields, method=method).status


def login_status(scene: Scene) -> int:
    """
    Look at how a login ends.
    """
    return scene.stranger().login("/home").status


def told(name: str) -> Look:
    """
    Look at a field that the application gets for somebody signed in.
    """

    def look(scene: Scene) -> list[str]:
        assert scene.alice().ask("/page").status == 200
        return scene.upstream.last().all(name)

    return look


def answered(name: str) -> Look:
    """
    Look at a field of an answer to somebody signed in.
    """
    return lambda scene: scene.alice().ask("/page").all(name)


@contextmanager
def _deaf() -> Iterator[int]:
    """
    Take a port where nobody is let in: those before are never accepted.
    """
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


def _write_files(props: Props) -> None:
    """
    Write the files that are read by their own paths.
    """
    folder = props.folder
    (folder / "sign_in.html").write_text('{{define "sign_in.html"}}<b>mine</b>{{end}}')
    strangers = folder / "strangers"
    strangers.mkdir()
    (folder / "stranger.pem").write_bytes(Authority(strangers).root.read_bytes())
    names = ("again.test", "localhost", "127.0.0.1")
    again = props.authority.issue(*names, like=props.certificate)
    (folder / "again.pem").write_bytes(again.chain.read_bytes())
    stranger = props.authority.issue("stranger.test")
    (folder / "strange.key").write_bytes(stranger.key.read_bytes())
    for name, provider in (("provider", props.provider), ("other", props.other)):
        (folder / f"{name}.pem").write_bytes(provider.key.pem())
