"""
A proxy between an application and an identity provider, ready for requests.

Rule 1: one proxy a configuration, shared by all tests of a run.
Rule 2: only the latest few run on; one that is wanted again is started again.
Rule 3: after each test the proxies it used must not have crashed, leaked a secret or
        broken the protocol towards the application.
"""

from pathlib import Path
from tempfile import mkdtemp

from attrs import define, field, frozen

from tests.integration.harness.client import Answer, RawClient, request
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import CLIENT, CLIENT_SECRET, Provider
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor

MOST_STAGES = 12
HOST = "app.test"
COOKIE_SECRET = "dGhlLWNvb2tpZS1zZWNyZXQtMzItYnl0ZXMtbG9uZyE="

BASE = """
provider = "oidc"
oidc_issuer_url = "{issuer}"
client_id = "{client}"
client_secret = "{client_secret}"
redirect_url = "http://app.test/oauth2/callback"
email_domains = ["*"]
cookie_secure = false
cookie_secret = "{cookie_secret}"
http_address = "127.0.0.1:{port}"
"""


def configuration(
    options: str, *, provider: Provider, upstream: Upstream | None, port: int
) -> str:
    """
    A whole configuration file: `options` come first and win over the usual ones.
    """
    usual = BASE.format(
        issuer=provider.issuer,
        client=CLIENT,
        client_secret=CLIENT_SECRET,
        cookie_secret=COOKIE_SECRET,
        port=port,
    )
    if upstream is not None:
        usual += f'upstreams = ["{upstream.url}"]\n'
    given = {line.partition("=")[0].strip() for line in options.splitlines()}
    kept = [
        line
        for line in usual.splitlines()
        if line.partition("=")[0].strip() not in given
    ]
    return "\n".join([options, *kept, ""])


@frozen(eq=False)
class Stage:
    """
    The three parties of a test.
    """

    program: Program
    upstream: Upstream
    provider: Provider
    _signed: dict[str, str] = field(factory=dict, repr=False)

    def connect(self, receive_buffer: int | None = None) -> RawClient:
        """
        Open a connection to the proxy.
        """
        return self.program.connect(receive_buffer)

    def ask(self, data: bytes) -> Answer:
        """
        Send one request on a connection of its own.
        """
        return self.program.ask(data)

    def stranger(self) -> Visitor:
        """
        A browser that has not signed in.
        """
        return Visitor(self.program.address, HOST)

    def alice(self) -> Visitor:
        """
        A browser that has signed in.
        """
        if not self._signed:
            self._signed.update(self.stranger().signed_in().cookies)
        return Visitor(self.program.address, HOST, dict(self._signed))

    def get(
        self,
        target: str,
        *fields: str,
        method: str = "GET",
        body: bytes = b"",
        host: str = HOST,
    ) -> bytes:
        """
        The bytes of a signed-in request.
        """
        sent = [*fields, *self.alice().cookie_field()]
        return request(method, target, sent, host=host, body=body)

    def check(self) -> None:
        """
        Fail for what went wrong unseen.
        """
        self.program.check()
        assert not self.upstream.violations, self.upstream.violations


@define
class Stages:
    """
    The stages of a test run, by configuration.
    """

    folder: Path
    provider: Provider
    _made: dict[str, Stage] = field(factory=dict)

    def make(self, options: str) -> Stage:
        """
        Start a proxy of its own.
        """
        upstream = Upstream()
        address = free_address()
        folder = Path(mkdtemp(dir=self.folder))
        text = configuration(
            options.replace("{upstream}", upstream.url),
            provider=self.provider,
            upstream=upstream,
            port=address[1],
        )
        return Stage(
            Program(text, folder=folder, address=address), upstream, self.provider
        )

    def get(self, options: str) -> Stage:
        """
        The shared proxy with these options.
        """
        stage = self._made.pop(options, None) or self.make(options)
        self._made[options] = stage
        while len(self._made) > MOST_STAGES:
            self._end(self._made.pop(next(iter(self._made))))
        return stage

    def close(self) -> None:
        """
        Stop everything.
        """
        for stage in self._made.values():
            stage.program.leave()
        for stage in self._made.values():
            self._end(stage)

    @staticmethod
    def _end(stage: Stage) -> None:
        stage.program.stop()
        stage.upstream.close()
