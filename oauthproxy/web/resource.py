"""
Turn answers into bytes, and coroutines into responses.

This is the only place with a broad `except`: whatever a resource did not foresee
becomes a logged 500 page.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web import resource
from twisted.web.http import RESPONSES
from twisted.web.server import NOT_DONE_YET

from oauthproxy.answer import Answer, Empty, Json, Page, Redirect, Text
from oauthproxy.errors import ProxyError
from oauthproxy.pages.renderer import Pages
from oauthproxy.ports import Log
from oauthproxy.web.body import CollectedBody
from oauthproxy.web.request import BODYLESS, FrontRequest
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.form import Form, FormError, parse_form
from oauthproxy.wire.location import location, redirect_body

FORM_LIMIT = 1 << 20
PAGE_FIELDS = (("X-Content-Type-Options", "nosniff"),)
FORM_METHODS = frozenset({"POST", "PUT", "PATCH"})
FORM_TYPE = "application/x-www-form-urlencoded"


class BodyTooLarge(ProxyError):
    """
    The request body is too large.
    """

    status = 413


class Answerer:
    """
    Write answers.

    `error_answer` makes the answer to an error: (request, error) to an Answer. What
    takes long to answer awaits its `turn` first.
    """

    def __init__(
        self,
        pages: Pages,
        log: Log,
        error_answer: Callable[[FrontRequest, ProxyError], Answer],
        turn: Callable[[], Awaitable[None]],
    ) -> None:
        self.turn = turn
        self._pages = pages
        self._log = log
        self._error_answer = error_answer

    def drive(
        self, request: FrontRequest, work: Coroutine[Any, Any, Answer | None]
    ) -> int:
        """
        Run `work`; write the answer it returns, if any.
        """
        running: Deferred[Answer | None] = Deferred.fromCoroutine(work)
        running.addCallback(self._write_if_any, request)
        running.addErrback(self._failed, request)
        return NOT_DONE_YET

    def _write_if_any(self, answer: Answer | None, request: FrontRequest) -> None:
        if answer is not None:
            self.write(request, answer)

    def _failed(self, why: Failure, request: FrontRequest) -> None:
        self.broke(request, why)

    def broke(self, request: FrontRequest, why: Failure) -> None:
        """
        Answer a request whose resource has raised an exception.
        """
        error = why.value
        if not isinstance(error, ProxyError):
            self._log.error(
                f"{request.request_id}: unexpected error: {why.getTraceback()}"
            )
            error = ProxyError(type(error).__name__)
        try:
            self.fail(request, error)
        except Exception:  # noqa: BLE001  # the last resort when the error page broke
            trace = Failure().getTraceback()
            self._log.error(f"{request.request_id}: no error page: {trace}")
            self._give_up(request)

    def _give_up(self, request: FrontRequest) -> None:
        if request.startedWriting:
            request.abort()
        else:
            self.write(request, Text(status=500, body="Internal Server Error\n"))

    def fail(self, request: FrontRequest, error: ProxyError) -> None:
        """
        Answer with an error, or cut the connection when an answer has begun.
        """
        if request.finished:
            return
        if request.startedWriting:
            request.abort()
            return
        if error.status >= 500:
            self._log.error(
                f"{request.request_id}: {type(error).__name__}: {error.detail}"
            )
        self.write(request, self._error_answer(request, error))

    def write(
        self, request: FrontRequest, answer: Answer, *, before: bytes = b""
    ) -> None:
        """
        Write a whole answer; `before` are fields with line ends that come first.
        """
        if request.finished:
            return
        fields, body = self._fields_and_body(request, answer)
        lines = [before] if before else []
        lines += [
            b"%b: %b\r\n" % (field_bytes(name), field_bytes(_one_line(value)))
            for name, value in fields
        ]
        lines += [
            b"Set-Cookie: %b\r\n" % field_bytes(_one_line(c)) for c in answer.cookies
        ]
        lines.append(b"Date: %b\r\n" % request.site.sweeper.date)
        if answer.status not in BODYLESS:
            lines.append(b"Content-Length: %d\r\n" % len(body))
        head = request.send_head(answer.status, lines, "length")
        if request.method != b"HEAD" and answer.status not in BODYLESS:
            head.append(request.frame(body))
        request.channel.write(b"".join(head))
        request.end()

    def _fields_and_body(
        self, request: FrontRequest, answer: Answer
    ) -> tuple[list[tuple[str, str]], bytes]:
        fields = list(answer.fields)
        body = b""
        if isinstance(answer, Page):
            body = self._pages.render(answer.name, answer.values)
            fields.append(("Content-Type", "text/html; charset=utf-8"))
            policy = self._pages.content_security_policy(answer.name)
            fields += [("Content-Security-Policy", policy), *PAGE_FIELDS]
        elif isinstance(answer, Text):
            body = answer.body.encode()
            fields.append(("Content-Type", "text/plain; charset=utf-8"))
            if answer.nosniff:
                fields.append(("X-Content-Type-Options", "nosniff"))
        elif isinstance(answer, Json):
            body = answer.body.encode()
            fields.append(("Content-Type", "application/json"))
        elif isinstance(answer, Redirect):
            body = _redirect(request, answer, fields)
        else:
            assert isinstance(answer, Empty)
        return fields, body


def _redirect(
    request: FrontRequest, answer: Redirect, fields: list[tuple[str, str]]
) -> bytes:
    scope = request.scope
    target = location(answer.location, scope.path)
    fields.append(("Location", target))
    if answer.bare:
        return b""
    phrase = RESPONSES.get(answer.status, b"").decode()
    kind, body = redirect_body(scope.method, target, phrase)
    if kind:
        fields.append(("Content-Type", kind))
    return body.encode()


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return text.translate({10: " ", 13: " ", 0: " "})


async def read_form(request: FrontRequest) -> Form:
    """
    Return the parameters of a request, from its query and a url-encoded body.

    Raises `FormError` as the reference's form parser does, and `BodyTooLarge`.
    """
    scope = request.scope
    content_type = scope.fields.text("Content-Type")
    body = b""
    is_form = content_type.partition(";")[0].strip().lower() == FORM_TYPE
    if request.body is not None and scope.method in FORM_METHODS and is_form:
        body = await read_body(request, FORM_LIMIT)
    return parse_form(scope.query, content_type, body, scope.method)


def read_body(request: FrontRequest, limit: int) -> Awaitable[bytes]:
    """
    Return a request's body, read whole; raises `BodyTooLarge`.
    """
    waiting: Deferred[bytes] = Deferred()

    def done(body: bytes | None) -> None:
        if body is None:
            whole.abandon()
            waiting.errback(BodyTooLarge(f"more than {limit} bytes"))
        else:
            waiting.callback(body)

    assert request.body is not None
    whole = request.body
    whole.deliver(CollectedBody(limit, done))
    return waiting


def cookies_of(request: FrontRequest) -> Cookies:
    """
    Return the cookies that came with a request.
    """
    return Cookies.parse([v for n, v in request.fields if n.lower() == b"cookie"])


class AnswerResource(resource.Resource):
    """
    A leaf whose `answer` is a coroutine that returns an Answer.
    """

    isLeaf = True

    def __init__(self, answerer: Answerer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.answerer = answerer

    def render(self, request: FrontRequest) -> int:
        """
        Start answering.
        """
        return self.answerer.drive(request, self.answer(request))

    async def answer(self, request: FrontRequest) -> Answer | None:
        """
        Return the answer, or None when it was written already.
        """
        raise NotImplementedError


class FixedResource(resource.Resource):
    """
    A leaf that always gives the same answer.
    """

    isLeaf = True

    def __init__(self, answerer: Answerer, answer: Answer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answerer = answerer
        self._answer = answer

    def render(self, request: FrontRequest) -> int:
        """
        Answer.
        """
        self._answerer.write(request, self._answer)
        return NOT_DONE_YET


__all__ = ["AnswerResource", "Answerer", "FixedResource", "FormError", "read_form"]
