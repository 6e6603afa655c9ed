"""
The service: start, reload and stop, with a house of straw.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater

from oauthproxy.errors import ProviderUnavailable, SettingsError
from oauthproxy.net.doors import bind
from oauthproxy.net.listen import listeners
from oauthproxy.service.fitted import fitted
from oauthproxy.service.proxy import Place, ProxyService
from oauthproxy.service.tenants import Tenancy
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.groups.proxy import ProxyOptions
from oauthproxy.settings.model import (
    SecretSource,
    ServerSettings,
    Settings,
    TLSSettings,
)
from tests.unit.driver import RecordingLog
from tests.unit.net.authority import Authority
from tests.unit.net.test_listen import asked
from tests.unit.reactor import on_reactor, reactor


class Named(Protocol):
    """
    Tell clients the name of the house they are in.
    """

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(self.factory.house.name.encode())


class NamedSite(Factory):
    protocol = Named

    def __init__(self, house: "Straw") -> None:
        self.house = house


@define(eq=False)
class Straw:
    """
    A house that notes what happens to it. `busy` keeps it from being drained.
    """

    name: str
    events: list[str]
    fails: Exception | None = None
    busy: Any = None
    site: Any = None
    metrics_site: Any = None
    patience: int = 0

    def __attrs_post_init__(self) -> None:
        self.site = NamedSite(self)

    async def start(self) -> None:
        self.events.append(f"{self.name} starts")
        if self.fails is not None:
            raise self.fails

    async def drain(self, patience: int) -> None:
        self.events.append(f"{self.name} drains")
        self.patience = patience
        if self.busy is not None and patience:
            await self.busy

    async def stop(self) -> None:
        self.events.append(f"{self.name} stops")


@define(eq=False)
class Street:
    """
    A service whose houses are of straw: named by the settings' proxy prefix.
    """

    wanted: Settings
    log: RecordingLog = field(factory=RecordingLog)
    events: list[str] = field(factory=list)
    houses: list[Straw] = field(factory=list)
    port: int = 0
    fails: Exception | None = None
    busy: Any = None
    load: Callable[[], Settings] | None = None
    service: Any = None

    def move_in(self, settings: Settings, _reactor: Any, _clock: Any) -> Tenancy:
        house = Straw(settings.proxy.proxy_prefix, self.events, self.fails, self.busy)
        self.houses.append(house)
        return Tenancy(settings, self.log, house, lambda: self._closed(house))

    def _closed(self, house: Straw) -> None:
        self.events.append(f"the log of {house.name} is closed")

    def __enter__(self) -> "Street":
        doors = bind(listeners(self.wanted))
        self.port = doors[0].listening.getsockname()[1]

        async def begin() -> None:
            self.service = ProxyService(
                self.wanted,
                reactor,
                load=self.load or (lambda: self.wanted),
                place=Place(doors=doors),
                move_in=self.move_in,
            )
            self.service.startService()

        on_reactor(begin)
        return self

    def __exit__(self, *_: object) -> None:
        self.busy = None
        for house in self.houses:
            house.busy = None
        if self.service.running:
            self.stop()

    def stop(self) -> None:
        async def end() -> None:
            await self.service.stopService()

        on_reactor(end)

    def reload(self, settings: Settings) -> None:
        self.wanted = settings

        async def again() -> None:
            await self.service.reload()

        on_reactor(again)

    def said(self, kind: str) -> list[str]:
        return [text for k, text in self.log.lines if k == kind]


def settings(name: str, address: str = "127.0.0.1:0") -> Settings:
    return Settings(
        proxy=ProxyOptions(proxy_prefix=name),
        server=ServerSettings(bind_address=address),
    )


def test_start_says_where_it_listens_and_serves():
    """A started service serves its house, and says at which address."""
    with Street(settings("one")) as street:
        answer = asked(("127.0.0.1", street.port))
        said = street.said("info")

    assert answer == "one"
    assert said == [f"HTTP: listening on 127.0.0.1:{street.port}"]


def test_stop_closes_doors_drains_and_stops():
    """A stop lets nobody in, waits as long as configured, and closes the house."""
    with Street(settings("one")) as street:
        street.stop()

        with pytest.raises(ConnectionRefusedError):
            asked(("127.0.0.1", street.port))

    assert street.events == ["one starts", "one drains", "one stops"]
    assert street.houses[0].patience == 30_000_000_000


@pytest.mark.parametrize("at_once", [True, False])
def test_second_request_to_stop_does_not_wait(at_once: bool):
    """Who asks twice to stop does not wait for running requests."""
    with Street(settings("one"), busy=Deferred()) as street:

        async def stop_twice() -> None:
            stopping = street.service.stopService()
            if not at_once:
                await deferLater(reactor, 0.05)
            street.service._asked_to_stop()
            await stopping

        on_reactor(stop_twice)

    assert street.events == ["one starts", "one drains", "one stops"]


def test_reload_leads_new_clients_to_the_new_house():
    """After a reload the same socket serves the new configuration, and the old one
    goes."""
    with Street(settings("one")) as street:
        street.reload(settings("two"))
        answer = asked(("127.0.0.1", street.port))

    assert answer == "two"
    assert street.events[:5] == [
        "one starts",
        "two starts",
        "one drains",
        "one stops",
        "the log of one is closed",
    ]
    assert "the configuration was read again and is in use" in street.said("info")


def test_running_requests_finish_in_the_old_house():
    """An old house stays until its requests are over, reload or not."""
    with Street(settings("one"), busy=Deferred()) as street:
        street.reload(settings("two"))
        street.reload(settings("three"))
        before = list(street.events)

        async def finish() -> None:
            street.houses[0].busy.callback(None)

        on_reactor(finish)
        after = list(street.events)

    assert "one stops" not in before
    assert "one stops" in after


def test_stop_gives_old_houses_their_time_too():
    """A stop drains houses that were about to leave, with the same limit."""
    with Street(settings("one"), busy=Deferred()) as street:
        street.reload(settings("two"))
        for house in street.houses:
            house.busy = None
        street.stop()

    assert street.events.count("one stops") == 1
    assert not any("closed" in event for event in street.events)
    assert street.houses[0].patience == 30_000_000_000


def test_broken_configuration_is_not_used():
    """What cannot be loaded is named, line by line, and the old one stays."""
    street = Street(settings("one"))

    def load() -> Settings:
        raise SettingsError(["a: is wrong", "b: is too"])

    street.load = load
    with street:
        street.reload(settings("two"))
        answer = asked(("127.0.0.1", street.port))

    assert answer == "one"
    assert street.said("error") == [
        "the new configuration is not used: a: is wrong",
        "the new configuration is not used: b: is too",
    ]


def test_house_that_does_not_start_is_not_used():
    """A configuration whose house refuses to start is named, and the old one stays."""
    with Street(settings("one")) as street:
        street.fails = ProviderUnavailable("no discovery")
        street.reload(settings("two"))
        answer = asked(("127.0.0.1", street.port))
        events = list(street.events)

    assert answer == "one"
    assert events == [
        "one starts",
        "two starts",
        "two stops",
        "the log of two is closed",
    ]
    assert street.said("error") == ["the new configuration is not used: no discovery"]


def test_address_that_changes_is_named_and_kept():
    """An address cannot change at run time: the option is named, the rest is used."""
    with Street(settings("one")) as street:
        street.reload(settings("two", "127.0.0.1:1"))
        answer = asked(("127.0.0.1", street.port))

    assert answer == "two"
    assert street.said("error") == [
        "http_address cannot change at run time; restart for that"
    ]


def test_broken_certificate_keeps_everything(tmp_path: Path):
    """A reload with a certificate that does not work changes nothing."""
    authority = Authority()
    cert, key = authority.sign("localhost").save(tmp_path, "tls")
    tls = TLSSettings(
        cert=SecretSource(from_file=str(cert)), key=SecretSource(from_file=str(key))
    )
    server = ServerSettings(secure_bind_address="127.0.0.1:0", tls=tls)
    with Street(evolve(settings("one"), server=server)) as street:
        cert.write_text("broken")
        street.reload(evolve(settings("two"), server=server))

        assert [house.name for house in street.houses] == ["one"]
    assert street.said("error") == [
        f'the new configuration is not used: there is no PEM certificate in "{cert}"'
    ]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, ()),
        ({"server": ServerSettings(bind_address=":2")}, ("http_address",)),
        (
            {"server": ServerSettings(secure_bind_address=":2", tls=TLSSettings())},
            (
                "http_address",
                "https_address",
                "https_address (with or without TLS)",
            ),
        ),
        ({"metrics_server": ServerSettings(bind_address=":3")}, ("metrics_address",)),
        (
            {"metrics_server": ServerSettings(secure_bind_address=":3")},
            ("metrics_secure_address",),
        ),
        ({"ours": OurOptions(workers=3, listen=("tcp:1",))}, ("listen", "workers")),
        ({"ours": OurOptions(pass_own_cookies=False)}, ()),
    ],
)
def test_what_cannot_change_while_serving(
    change: dict[str, Any], names: tuple[str, ...]
):
    """Addresses, whether there is TLS, and the number of workers stay."""
    present = settings("one", ":1")
    wanted = evolve(present, proxy=ProxyOptions(proxy_prefix="/x"), **change)

    found, kept = fitted(wanted, present)

    assert kept == names
    assert found.server == present.server
    assert found.metrics_server == present.metrics_server
    assert found.ours.listen == ()
    assert found.ours.workers == 1
    assert found.proxy.proxy_prefix == "/x"
