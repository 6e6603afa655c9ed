"""
The catch-all: everything that is not ours goes to an upstream, if it may.
"""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen
from twisted.web.proxy import ReverseProxyResource
from twisted.web.server import NOT_DONE_YET

from oauthproxy.access.constraints import satisfied
from oauthproxy.access.decision import Denied, NeedsLogin
from oauthproxy.access.origins import Origins
from oauthproxy.access.unauthenticated import LoginWays
from oauthproxy.answer import Answer, Json, Text
from oauthproxy.login.flow import Login
from oauthproxy.upstream.router import Route, Router
from oauthproxy.web.admission import Admission, Admitted
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer, cookies_of
from oauthproxy.web.session import KnownSessions, response_pairs
from oauthproxy.web.upstreams import Server
from oauthproxy.wire.form import Form, FormError, parse_form

FORBIDDEN = Text(status=403, body="Forbidden\n", nosniff=True)


@frozen(kw_only=True)
class ProxyParts:
    """
    What the proxy is made of. `servers` are the upstreams by id.
    """

    answerer: Answerer
    known: KnownSessions
    admission: Admission
    ways: LoginWays
    origins: Origins
    login: Login
    router: Router
    servers: Mapping[str, Server]
    force_json: bool


class ProxyResource(ReverseProxyResource):
    """
    Decide about a request and pass it on.

    Host, port and path are those of the base class; the router has the say.
    """

    isLeaf = True

    def __init__(
        self, host: str, port: int, path: bytes, reactor: Any, parts: ProxyParts
    ) -> None:
        super().__init__(host, port, path, reactor)  # type: ignore[no-untyped-call]
        self._parts = parts
        self._peek = parts.known.peek
        self._plain = [
            (prefix, below, parts.servers[name])
            for prefix, below, name in parts.router.plain()
        ]

    def getChild(self, path: bytes, request: FrontRequest) -> "ProxyResource":  # noqa: ARG002
        """
        Return this very resource: it answers for every path.
        """
        return self

    def render(self, request: FrontRequest) -> int:
        """
        Pass the request of a known browser on at once; find out about others.
        """
        known = self._peek(request)
        if known is not None:
            uri = request.uri
            if b"%" not in uri and b"allowed_" not in uri:
                server = self._server(request.path)
                if server is not None:
                    request.username = known.username
                    request.hurry()
                    server.serve(request, known, uri, ())
                    return NOT_DONE_YET
        return self._parts.answerer.drive(request, self._find_out(request))

    def _server(self, path: bytes) -> Server | None:
        """
        Return the upstream of a clean path without escapes, if that can be told by
        comparing alone.
        """
        for prefix, below, server in self._plain:
            if path.startswith(prefix) if below else path == prefix:
                return server
        return None

    async def _find_out(self, request: FrontRequest) -> Answer | None:
        parts = self._parts
        admitted = await parts.admission.admit(request)
        if admitted.refused is not None:
            return admitted.refused
        decision = admitted.decision
        if isinstance(decision, NeedsLogin):
            answer = await self._ask_for_login(request)
        elif isinstance(decision, Denied):
            answer = self._deny(request)
        else:
            return self._pass_on(request, admitted)
        return evolve(answer, cookies=admitted.cookies + answer.cookies)

    async def _ask_for_login(self, request: FrontRequest) -> Answer:
        parts, scope = self._parts, request.scope
        await parts.answerer.turn()
        way = parts.ways.answer_to(scope)
        if way == "json401":
            fields = parts.origins.fields(scope)
            return Json(status=401, body="{}", fields=fields)
        try:
            form = parse_form(scope.query, "", b"", scope.method)
        except FormError as error:
            status = 400 if way == "login" else 403
            return parts.login.form_refused(scope, status, error)
        cookies = cookies_of(request)
        if way == "login":
            return await parts.login.start(scope, cookies, form, overrides=False)
        return await parts.login.sign_in_page(scope, cookies, form, 403)

    def _deny(self, request: FrontRequest) -> Answer:
        if self._parts.force_json:
            return Json(status=403, body="{}")
        scope = request.scope
        try:
            form = parse_form(scope.query, "", b"", scope.method)
        except FormError:
            form = Form()
        return self._parts.login.error_page(scope, 403, form=form)

    def _pass_on(self, request: FrontRequest, admitted: Admitted) -> Answer | None:
        session = admitted.session
        if session is not None and not satisfied(request.scope.query, session):
            return evolve(FORBIDDEN, cookies=admitted.cookies)
        if request.finished:
            return None
        found = self._parts.router.route(request.scope)
        if not isinstance(found, Route):
            return self._from_router(found, admitted)
        server = self._parts.servers[found.upstream.id]
        request.hurry()
        server.serve(request, admitted.known, found.target, admitted.cookies)
        return None

    def _from_router(self, answer: Answer, admitted: Admitted) -> Answer:
        return evolve(
            answer,
            cookies=admitted.cookies + answer.cookies,
            fields=response_pairs(admitted.known) + answer.fields,
        )
