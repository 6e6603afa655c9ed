"""
The endpoints that only tell: `PREFIX/auth` and `PREFIX/userinfo`.
"""

from oauthproxy.access.constraints import satisfied
from oauthproxy.access.decision import Allowed
from oauthproxy.access.userinfo import userinfo_body
from oauthproxy.answer import NO_CACHE, Answer, Empty, Json, Text
from oauthproxy.web.admission import Admission
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer, AnswerResource
from oauthproxy.web.session import KnownSessions, response_pairs

UNAUTHORIZED = "Unauthorized\n"
FORBIDDEN = "Forbidden\n"


class AuthResource(AnswerResource):
    """
    Tell a neighbour (nginx's `auth_request` and the like) whether a request may pass.
    """

    def __init__(
        self, answerer: Answerer, admission: Admission, known: KnownSessions
    ) -> None:
        super().__init__(answerer)
        self._admission = admission
        self._known = known

    def render(self, request: FrontRequest) -> int:
        """
        Answer at once for a browser that is known.
        """
        known = self._known.peek(request)
        if known is None or b"allowed_" in request.uri or b"%" in request.uri:
            return super().render(request)
        request.username = known.username
        request.hurry()
        lines = [
            known.response_lines,
            b"Date: %b\r\nContent-Length: 0\r\n" % request.site.sweeper.date,
        ]
        request.channel.write(b"".join(request.send_head(202, lines, "length")))
        request.end()
        return 1

    async def answer(self, request: FrontRequest) -> Answer:
        """
        Return 202, 401 or 403.
        """
        admitted = await self._admission.admit(request)
        if admitted.refused is not None:
            return admitted.refused
        if not isinstance(admitted.decision, Allowed):
            return Text(
                status=401, body=UNAUTHORIZED, nosniff=True, cookies=admitted.cookies
            )
        session = admitted.session
        if session is not None and not satisfied(request.scope.query, session):
            return Text(
                status=403, body=FORBIDDEN, nosniff=True, cookies=admitted.cookies
            )
        return Empty(
            status=202, fields=response_pairs(admitted.known), cookies=admitted.cookies
        )


class UserInfoResource(AnswerResource):
    """
    Tell an application's scripts who is signed in.
    """

    def __init__(self, answerer: Answerer, admission: Admission) -> None:
        super().__init__(answerer)
        self._admission = admission

    async def answer(self, request: FrontRequest) -> Answer:
        """
        Return the session's identity as JSON.
        """
        admitted = await self._admission.admit(request)
        if admitted.refused is not None:
            return admitted.refused
        if not isinstance(admitted.decision, Allowed):
            return Text(
                status=401,
                body=UNAUTHORIZED,
                nosniff=True,
                fields=NO_CACHE,
                cookies=admitted.cookies,
            )
        body = userinfo_body(admitted.session)
        return Json(body=body, fields=NO_CACHE, cookies=admitted.cookies)
