"""
The programs in front of fakes: each one starts while tests are busy with another.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

from attrs import frozen

from tests.integration.fakes.scene import FAKES, Scene, options
from tests.integration.fakes.world import World
from tests.integration.harness.authority import Authority
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.upstream import Upstream

OpenOne = Callable[[str], AbstractContextManager[Scene]]


@contextmanager
def open_scene(kind: str, folder: Path, authority: Authority) -> Iterator[Scene]:
    """
    Run a program in front of the fake of one provider, and see that both behave.
    """
    fake = FAKES[kind]()
    world = World(authority, tuple(fake.hosts), fake.reply).start()
    upstream, address = Upstream(), free_address()
    for name, content in fake.files().items():
        (folder / name).write_bytes(content)
    text = options(fake, folder, authority, upstream)
    text += f'http_address = "127.0.0.1:{address[1]}"\n'
    environment = {**world.environment(), **fake.environment()}
    program = Program(text, folder=folder, address=address, environment=environment)
    with program:
        yield Scene(fake, program, upstream)
    upstream.close()
    world.stop()
    assert world.unknown == []
    assert upstream.violations == []


@frozen
class _Begun:
    stack: ExitStack
    scene: Future[Scene]


class Openings:
    """
    Scenes that are wanted in an order. While one is in use the next is opened.
    """

    def __init__(self, kinds: Sequence[str], open_one: OpenOne) -> None:
        self._next = dict(pairwise(kinds))
        self._open = open_one
        self._thread = ThreadPoolExecutor(1)
        self._begun: dict[str, _Begun] = {}

    @contextmanager
    def scene(self, kind: str) -> Iterator[Scene]:
        """
        Give a scene, as soon as it is open.
        """
        self._begin(kind)
        begun = self._begun.pop(kind)
        scene = begun.scene.result()
        if kind in self._next:
            self._begin(self._next[kind])
        with begun.stack:
            yield scene

    def close(self) -> None:
        """
        Close what was opened for nobody.
        """
        for begun in self._begun.values():
            begun.scene.result()
            begun.stack.close()
        self._thread.shutdown()

    def _begin(self, kind: str) -> None:
        if kind not in self._begun:
            stack = ExitStack()
            scene = self._thread.submit(
                lambda: stack.enter_context(self._open(kind)),
            )
            self._begun[kind] = _Begun(stack, scene)
