"""
Write to the socket at once, instead of at the reactor's next turn.

For a small message this saves two changes of what epoll watches and one turn.

Rule 1: only while the transport has nothing buffered: after the first write that the
socket did not take whole, everything goes through the transport's buffer.
Rule 2: only on a plain TCP or unix transport; TLS has buffers of its own.
Rule 3: an error is left to the transport, which meets it again and ends properly.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.abstract import FileDescriptor


def prompt_writer(transport: Any) -> Callable[[bytes], None]:
    """
    Return the function to write to `transport` with; nobody else may write meanwhile.
    """
    buffered: Callable[[bytes], None] = transport.write
    if not isinstance(transport, FileDescriptor):
        return buffered
    some: Callable[[bytes], int | BaseException] = transport.writeSomeData
    prompt = True

    def write(data: bytes) -> None:
        nonlocal prompt
        if not prompt or not transport.connected or transport.disconnecting:
            buffered(data)
            return
        sent = some(data)
        if sent != len(data):
            prompt = False
            buffered(data[sent:] if isinstance(sent, int) else data)

    return write
