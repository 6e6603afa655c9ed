"""
The lz4 frame around sessions in cookies.

Frames are written with the settings of the reference: 64 KiB independent blocks,
content checksum, no block checksums (its library computes those wrongly), no size.
"""

import lz4.frame

LARGEST = 4 << 20
"""No session is larger than this, whatever its frame says."""


class FrameError(ValueError):
    """
    Bytes are not a whole lz4 frame, or hold too much.
    """


def compress(octets: bytes) -> bytes:
    """
    Return one frame that holds `octets`.
    """
    frame: bytes = lz4.frame.compress(
        octets,
        block_size=lz4.frame.BLOCKSIZE_MAX64KB,
        block_linked=False,
        content_checksum=True,
        block_checksum=False,
        store_size=False,
    )
    return frame


def decompress(frame: bytes, largest: int = LARGEST) -> bytes:
    """
    Return what a frame holds, at most `largest` bytes; raise FrameError.
    """
    decompressor = lz4.frame.LZ4FrameDecompressor()
    try:
        octets: bytes = decompressor.decompress(frame, max_length=largest)
    except (RuntimeError, EOFError) as cause:
        raise FrameError("not an lz4 frame") from cause
    if not decompressor.eof:
        raise FrameError("cut short, or too large")
    return octets
