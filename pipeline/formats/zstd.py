"""Files compressed by zstd, opened as gzip opens its own: all frames one after the other, and a cut is an `EOFError`.

A frame says how much of what it held must stay in memory while it is read (its window). What wants more than `WINDOW`
is refused, as the tool `zstd` does, so that no file decides how much memory a run takes.
"""

from __future__ import annotations

import io
import sys
from typing import IO, Any, cast

if sys.version_info >= (3, 14):
    from compression.zstd import DecompressionParameter, ZstdError, ZstdFile
else:
    from backports.zstd import DecompressionParameter, ZstdError, ZstdFile

from pipeline.formats.records import Damaged

__all__ = ["WINDOW", "ZstdFile", "open_zstd"]

WINDOW = 1 << 27  # bytes: what `zstd` itself takes, unless it is asked for more
_BUFFER = 1 << 17


class _Frames(ZstdFile):
    def readinto(self, buffer: Any) -> int:
        try:
            return super().readinto1(buffer)  # what is there already is not lost to an error
        except ZstdError as error:
            raise _damaged(str(error)) from None


def _damaged(error: str) -> Damaged:
    if "memory" in error:
        return Damaged(
            f"need a window of more than {WINDOW >> 20} MiB of memory (zstd --long)",
            "Decompress it (zstd -d --long=31), and compress it again without a long window",
        )
    if "Dictionary" in error:
        return Damaged(
            "need the dictionary that they were compressed with",
            "Decompress it (zstd -d -D DICTIONARY), and compress it again without one",
        )
    return Damaged("are damaged")


def open_zstd(file: str | IO[bytes]) -> io.BufferedReader:
    """What a file holds; reading it raises `Damaged`, `EOFError` where the data end too early, and `OSError`."""
    options = {int(DecompressionParameter.window_log_max): WINDOW.bit_length() - 1}
    return io.BufferedReader(cast(io.RawIOBase, _Frames(file, options=options)), _BUFFER)
