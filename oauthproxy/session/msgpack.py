"""
MessagePack as the reference reads and writes it.

Writing is the library's. Reading is ours, because Go's decoder takes more: trailing
bytes, texts that are not UTF-8 (kept by surrogates), timestamps whose nanoseconds
carry over, extensions nobody knows.

Text comes out as str, binary as bytes, timestamps as `Timestamp`.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

import msgpack
from attrs import frozen

DEEPEST = 64
"""Arrays and maps nested deeper than this are refused."""

GIGA = 1_000_000_000
_FIXED = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_SIZES = {1: ">B", 2: ">H", 4: ">I"}
_TIMESTAMP = -1


class MessagePackError(ValueError):
    """
    Bytes are not the MessagePack that was expected.
    """


@frozen
class Timestamp:
    """
    A moment in nanoseconds since the Unix epoch.
    """

    nanoseconds: int


@frozen
class Extension:
    """
    A value of an application's own type.
    """

    code: int
    octets: bytes


def pack(fields: Mapping[str, Any]) -> bytes:
    """
    Return a map in the shortest form, its members in their order.
    """
    packed: bytes = msgpack.packb(
        fields, use_bin_type=True, unicode_errors="surrogateescape", default=_foreign
    )
    return packed


def _foreign(value: object) -> msgpack.Timestamp:
    if isinstance(value, Timestamp):
        return msgpack.Timestamp(*divmod(value.nanoseconds, GIGA))
    raise MessagePackError(f"cannot write a {type(value).__name__}")


def unpack(octets: bytes) -> Any:
    """
    Return the first value in `octets`; raise MessagePackError.
    """
    try:
        return _Reader(octets).value(DEEPEST)
    except (struct.error, IndexError) as cause:
        raise MessagePackError("truncated") from cause


class _Reader:
    """
    Read values one after the other; `at` is where the next one starts.
    """

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def value(self, depth: int) -> Any:
        """
        Read one value, nested at most `depth` deep.
        """
        first = self._octets[self._at]
        self._at += 1
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first < 0xC0:
            return self._short(first, depth)
        if first in _FIXED:
            return self._number(_FIXED[first])
        return self._long(first, depth)

    def _short(self, first: int, depth: int) -> Any:
        if first < 0x90:
            return self.map(first & 0x0F, depth)
        if first < 0xA0:
            return self.array(first & 0x0F, depth)
        return self.text(first & 0x1F)

    def _long(self, first: int, depth: int) -> Any:
        if 0xD4 <= first <= 0xD8:
            return self.extension(1 << (first - 0xD4))
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first not in _SIZED:
            raise MessagePackError(f"byte {first:#x} begins no value")
        size, read = _SIZED[first]
        return read(self, int(self._number(_SIZES[size])), depth)

    def _number(self, form: str) -> int | float:
        number: int | float
        (number,) = struct.unpack_from(form, self._octets, self._at)
        self._at += struct.calcsize(form)
        return number

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._octets):
            raise MessagePackError("truncated")
        taken = self._octets[self._at : end]
        self._at = end
        return taken

    def text(self, size: int, _depth: int = 0) -> str:
        """
        Read a text of `size` bytes.
        """
        return self._take(size).decode("utf-8", "surrogateescape")

    def binary(self, size: int, _depth: int = 0) -> bytes:
        """
        Read `size` bytes.
        """
        return self._take(size)

    def extension(self, size: int, _depth: int = 0) -> Timestamp | Extension:
        """
        Read an extension of `size` bytes; timestamps are known.
        """
        code = int(self._number(">b"))
        octets = self._take(size)
        return _timestamp(octets) if code == _TIMESTAMP else Extension(code, octets)

    def array(self, size: int, depth: int) -> list[Any]:
        """
        Read an array of `size` values.
        """
        if not depth:
            raise MessagePackError("nested too deeply")
        return [self.value(depth - 1) for _ in range(size)]

    def map(self, size: int, depth: int) -> dict[Any, Any]:
        """
        Read a map of `size` members; the last of equal keys wins.
        """
        if not depth:
            raise MessagePackError("nested too deeply")
        read: dict[Any, Any] = {}
        for _ in range(size):
            key = _key(self.value(depth - 1))
            read[key] = self.value(depth - 1)
        return read


def _key(key: object) -> str:
    """
    Return the key of a map as text: binary will do, and nil is the empty text.
    """
    if key is None:
        return ""
    if isinstance(key, bytes):
        return key.decode("utf-8", "surrogateescape")
    if isinstance(key, str):
        return key
    raise MessagePackError("a key is not text")


def _timestamp(octets: bytes) -> Timestamp | Extension:
    if len(octets) == 4:
        return Timestamp(int.from_bytes(octets) * GIGA)
    if len(octets) == 8:
        both = int.from_bytes(octets)
        return Timestamp((both & ((1 << 34) - 1)) * GIGA + (both >> 34))
    if len(octets) == 12:
        nanoseconds, seconds = struct.unpack(">Iq", octets)
        return Timestamp(seconds * GIGA + nanoseconds)
    return Extension(_TIMESTAMP, octets)


_CONSTANTS: Mapping[int, bool | None] = {0xC0: None, 0xC2: False, 0xC3: True}
_Read = Callable[[_Reader, int, int], Any]
_SIZED: Mapping[int, tuple[int, _Read]] = {
    0xC4: (1, _Reader.binary),
    0xC5: (2, _Reader.binary),
    0xC6: (4, _Reader.binary),
    0xC7: (1, _Reader.extension),
    0xC8: (2, _Reader.extension),
    0xC9: (4, _Reader.extension),
    0xD9: (1, _Reader.text),
    0xDA: (2, _Reader.text),
    0xDB: (4, _Reader.text),
    0xDC: (2, _Reader.array),
    0xDD: (4, _Reader.array),
    0xDE: (2, _Reader.map),
    0xDF: (4, _Reader.map),
}
