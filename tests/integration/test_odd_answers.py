"""
Providers whose answers have an odd shape: each member of each answer of a login, and
each claim of its tokens, in turn, is something that nobody expects there.
"""

import base64
import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from attrs import define, field

from tests.integration.fakes.fake import Fake
from tests.integration.fakes.openid import KEY
from tests.integration.fakes.scene import FAKES, Scene, of
from tests.integration.harness.provider import Call, Reply

ODD: tuple[Any, ...] = (
    17,
    "odd",
    [],
    {},
    None,
    True,
    [17],
    {"odd": [None]},
    "",
    -1,
    1e400,
)

Path = tuple[str | int, ...]


def _claims(token: str) -> Any:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("ey") and value.count(".") == 2


def _paths(value: Any) -> Iterator[Path]:
    """
    Lead to every value within a value, through the payloads of tokens.
    """
    yield ()
    inside = _claims(value) if _is_token(value) else value
    steps: Any = inside.items() if isinstance(inside, dict) else ()
    for step, part in enumerate(inside) if isinstance(inside, list) else steps:
        for path in _paths(part):
            yield (step, *path)


def _changed(value: Any, path: Path, odd: Any) -> Any:
    """
    Return a copy of a value where something odd is at the end of a path; tokens are
    signed again.
    """
    if not path:
        return odd
    inside = _claims(value) if _is_token(value) else value
    copy = inside.copy()
    copy[path[0]] = _changed(inside[path[0]], path[1:], odd)
    return KEY.sign(copy) if _is_token(value) else copy


@define
class Twist:
    """
    What a fake's answers become: one of them odd, the others honest but remembered.
    """

    fake: Fake
    place: str = ""
    path: Path = ()
    odd: Any = None
    seen: dict[str, Any] = field(factory=dict)

    def __call__(self, host: str, call: Call) -> Reply:
        """
        Answer as the fake would without trouble, or oddly.
        """
        self.fake.trouble = None
        reply = self.fake.reply(host, call)
        self.fake.trouble = self
        place = f"{call.method} {host}{call.path}"
        if "json" not in reply.fields.get("Content-Type", ""):
            return reply
        value = json.loads(reply.body)
        self.seen.setdefault(place, value)
        if place != self.place:
            return reply
        body = json.dumps(_changed(value, self.path, self.odd))
        return Reply(reply.status, reply.fields, body.encode())


@pytest.fixture
def places(scene: Scene) -> list[tuple[str, Path]]:
    """
    Every value in the answers of a login.
    """
    scene.fake.trouble = honest = Twist(scene.fake)
    scene.signed_in()
    scene.fake.trouble = None
    return [(at, path) for at, value in honest.seen.items() for path in _paths(value)]


@of(FAKES)
def test_nothing_odd_is_a_crash(
    scene: Scene,
    places: list[tuple[str, Path]],
) -> None:
    """
    Whatever is odd, the login ends with a session or with a page that says why not.
    """
    assert len(places) > 5
    for (place, path), odd in zip(places, cycle(ODD), strict=False):
        visitor = scene.visitor()
        back = scene.begin(visitor)

        scene.fake.trouble = Twist(scene.fake, place, path, odd)
        answer = visitor.ask(back)
        scene.fake.trouble = None

        what = f"{place} {path}: {odd!r}"
        assert answer.status in (302, 403, 500, 503), what
        assert (answer.status == 302) == ("_oauth2_proxy" in visitor.cookies), what
        assert "unexpected error" not in scene.program.output(), what
