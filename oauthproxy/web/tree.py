"""
Which resource answers which request.

Paths are compared escaped, exactly and with case, as the reference's router does:
`/oauth2/%61uth` is not `/oauth2/auth`. Before everything else an unclean path is
redirected to the clean one; then http is sent to https where that is forced; health
checks come next; what nobody else claims is the proxy's. As in the reference, neither
of these redirects is logged or counted.
"""

from collections.abc import Mapping

from attrs import define, evolve
from twisted.web import resource

from oauthproxy.access.hosts import HostRules
from oauthproxy.access.https import https_redirect
from oauthproxy.access.probes import HealthChecks
from oauthproxy.answer import Redirect, Text
from oauthproxy.errors import StoreUnavailable
from oauthproxy.session.store import SessionStore
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer, AnswerResource, FixedResource
from oauthproxy.wire.fields import field_text
from oauthproxy.wire.target import (
    clean_path,
    has_bad_escape,
    is_clean,
    without_semicolons,
)


class ReadyResource(AnswerResource):
    """
    Tell whether everything that a login needs is there.
    """

    def __init__(
        self, answerer: Answerer, store: SessionStore, provider_ready: "Readiness"
    ) -> None:
        super().__init__(answerer)
        self._store = store
        self._provider = provider_ready

    async def answer(self, request: FrontRequest) -> Text:  # noqa: ARG002
        """
        Return 200 `OK`, or 503 with the reason.
        """
        try:
            await self._store.ping()
        except StoreUnavailable as error:
            return Text(status=503, body=f"error: {error.detail or error.sentence}")
        reason = self._provider.reason()
        if reason:
            return Text(status=503, body=f"error: {reason}")
        return Text(body="OK")


class Readiness:
    """
    Ask providers whether they can take logins.
    """

    def __init__(self, providers: Mapping[str, object]) -> None:
        self._providers = providers

    def reason(self) -> str:
        """
        Return why not, or the empty text.
        """
        for name, provider in self._providers.items():
            if not getattr(provider, "ready", True):
                return f"identity provider {name} has not answered yet"
        return ""


@define(kw_only=True)
class Tree:
    """
    The root: finds the resource for a request.
    """

    answerer: Answerer
    leaves: Mapping[bytes, resource.Resource]
    static: resource.Resource
    static_prefix: bytes
    proxy: resource.Resource
    probes: HealthChecks
    probe_paths: frozenset[bytes]
    health: resource.Resource
    ready_path: bytes
    ready: resource.Resource
    bad_target: resource.Resource
    server_wide: resource.Resource
    https_port: str | None = None
    semicolons: bool = False
    hosts: HostRules

    def locate(self, request: FrontRequest) -> resource.Resource:
        """
        Return the resource that answers.
        """
        if self.semicolons and b";" in request.uri:
            request.uri = without_semicolons(request.uri)
        path = request.path
        if not is_clean(path):
            moved = self._before_routing(request)
            if moved is not None:
                request.silent = True
                return moved
        if self.hosts:
            refusal = self.hosts.refusal(
                request.scope, websocket=request.head.upgrade == b"websocket"
            )
            if refusal is not None:
                return FixedResource(self.answerer, refusal)
        if self.https_port is not None:
            redirect = https_redirect(request.scope, self.https_port)
            if redirect is not None:
                request.silent = True
                return FixedResource(self.answerer, evolve(redirect, bare=True))
        if path in self.probe_paths and self.probes.match(request.scope):
            request.health = True
            return self.health
        if path == self.ready_path:
            request.health = True
            return self.ready
        leaf = self.leaves.get(path)
        if leaf is not None:
            return leaf
        if path.startswith(self.static_prefix):
            return self.static
        return self.proxy

    def _before_routing(self, request: FrontRequest) -> resource.Resource | None:
        if request.uri == b"*":
            return self.server_wide
        if has_bad_escape(request.uri):
            return self.bad_target
        location = clean_path(field_text(request.uri))
        if location is None:
            return None
        redirect = Redirect(status=301, location=location, bare=True)
        return FixedResource(self.answerer, redirect)
