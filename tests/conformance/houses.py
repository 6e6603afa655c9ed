"""
Whole houses for the cases: one a configuration, kept while further cases may need it.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import yaml
from attrs import define, field

from oauthproxy.settings.alpha.substitute import escaped
from tests.conformance.internet import Internet
from tests.conformance.test_http_exchanges import configuration
from tests.live import SECRET, LiveHouse, live

MOST_HOUSES = 6

PLATFORM = {"AZURE_FEDERATED_TOKEN_FILE": "/platform"}
"""Where the platform's own token is, for the one type that asks for it."""

ALPHA: dict[str, Any] = {
    "providers": [
        {
            "id": "idp",
            "provider": "oidc",
            "clientID": "client",
            "clientSecret": "secret",
            "loginURL": "https://idp.test/authorize",
            "redeemURL": "https://idp.test/token",
            "oidcConfig": {
                "issuerURL": "https://idp.test",
                "jwksURL": "https://idp.test/keys",
                "skipDiscovery": True,
            },
        }
    ],
    "server": {"bindAddress": "127.0.0.1:0"},
}


@define(eq=False)
class Houses:
    """
    Running houses by their configuration; all know the Internet of the tests.
    """

    internet: Internet
    _running: dict[object, tuple[LiveHouse, ExitStack]] = field(factory=dict)

    @property
    def authority(self) -> str:
        """
        The file of the authority behind all certificates of that Internet.
        """
        return str(self.internet.world.authority.root)

    def usual(
        self,
        config: Mapping[str, Any],
        files: Mapping[str, bytes] | None = None,
        **more: Any,
    ) -> LiveHouse:
        """
        Return a house with the usual provider and the options of a case, and more;
        `files` are those that they name.
        """
        given = {**config, "provider_ca_files": [self.authority], **more}
        text, made = configuration(given)
        return self.run(text, {**made, **(files or {})})

    def plain(
        self, files: Mapping[str, bytes] | None = None, **options: Any
    ) -> LiveHouse:
        """
        Return a house with these options alone, and what none can do without.
        """
        given = {
            "client_id": "cid",
            "client_secret": "secret",
            "cookie_secret": SECRET,
            "email_domains": ["*"],
            "upstreams": ["static://200"],
            "provider_ca_files": [self.authority],
            **options,
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in given.items()]
        return self.run("\n".join(lines), files or {})

    def alpha(
        self, core: Mapping[str, Any] | None = None, /, **alpha: Any
    ) -> LiveHouse:
        """
        Return a house with an alpha configuration, and other options.
        """
        config = {
            "cookie_secret": SECRET,
            "email_domains": ["*"],
            "pass_own_cookies": False,
            **(core or {}),
        }
        lines = [f"{name} = {json.dumps(value)}" for name, value in config.items()]
        (provider,) = ALPHA["providers"]
        known = {"providers": [{**provider, "caFiles": [self.authority]}]}
        text = escaped(yaml.safe_dump({**ALPHA, **known, **alpha}))
        files = {"alpha": text.encode()}
        return self.run("\n".join(lines), files, "--alpha-config=/alpha")

    def run(self, text: str, files: Mapping[str, bytes], *arguments: str) -> LiveHouse:
        """
        Return a house with a configuration file and the files that it names, with its
        clock going and nothing in its log.
        """
        key = (text, tuple(sorted(files.items())), arguments)
        if key not in self._running:
            self._running[key] = self._started(text, files, arguments)
        house, _ = self._running[key] = self._running.pop(key)
        while len(self._running) > MOST_HOUSES:
            self._running.pop(next(iter(self._running)))[1].close()
        house.clock.standing = None
        house.flush()
        house.lines.clear()
        return house

    def close(self) -> None:
        """
        Stop all houses.
        """
        for _, stack in self._running.values():
            stack.close()
        self._running.clear()

    def _started(
        self, text: str, files: Mapping[str, bytes], arguments: tuple[str, ...]
    ) -> tuple[LiveHouse, ExitStack]:
        stack = ExitStack()
        environment = {**self.internet.world.environment(), **PLATFORM}
        given = {"platform": b"ASSERTION", **files}
        running = live([*arguments], text, environment=environment, **given)
        return stack.enter_context(running), stack
