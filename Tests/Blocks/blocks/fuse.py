"""The kernel's FUSE protocol, as far as a file system of one single file needs it.

The root of the mount is that file, so there are no names to look up. The numbers and layouts are those
of <linux/fuse.h>, protocol 7.31.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

GETATTR, OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH = 3, 14, 15, 16, 17, 18, 20, 25
INIT, DESTROY, FALLOCATE = 26, 38, 43
FORGET, INTERRUPT, BATCH_FORGET = 2, 36, 42
WITHOUT_REPLY = (FORGET, INTERRUPT, BATCH_FORGET)

MAX_WRITE = 1 << 20
_IN_HEADER = struct.Struct("<IIQQIIII")
_OUT_HEADER = struct.Struct("<IiQ")
_BIG_WRITES, _ASYNC_DIRECT, _MAX_PAGES = 1 << 5, 1 << 15, 1 << 22
_REGULAR_FILE = 0o100600


@dataclass(frozen=True)
class Request:
    operation: int
    unique: int
    body: memoryview

    def reply(self, body: bytes = b"", error: int = 0) -> bytes:
        """The whole answer; `error` is an errno, 0 for none."""
        return _OUT_HEADER.pack(_OUT_HEADER.size + len(body), -error, self.unique) + body


def mount(path: str) -> int:
    """Mounts over the regular file `path`, and returns the descriptor of the connection."""
    connection = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={connection},rootmode={_REGULAR_FILE:o},user_id=0,group_id=0,allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"blocks", path.encode(), b"fuse.blocks", 0, options.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return connection


def receive(connection: int) -> Request | None:
    """The next request; None once the file is unmounted."""
    while True:
        try:
            data = os.read(connection, MAX_WRITE + 4096)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return None
            # The request was interrupted before it could be read.
            if error.errno in (errno.ENOENT, errno.EINTR):
                continue
            raise
        _, operation, unique, *_ = _IN_HEADER.unpack_from(data)
        return Request(operation, unique, memoryview(data)[_IN_HEADER.size :])


def init_reply() -> bytes:
    flags = _BIG_WRITES | _ASYNC_DIRECT | _MAX_PAGES
    fixed = struct.pack(
        "<IIIIHHIIHH", 7, 31, 0, flags, 16, 12, MAX_WRITE, 1, MAX_WRITE // 4096, 0
    )
    return fixed.ljust(64, b"\0")


def attributes_reply(size: int) -> bytes:
    valid_for_ever = struct.pack("<QII", 1 << 32, 0, 0)
    times = struct.pack("<QQQIII", 0, 0, 0, 0, 0, 0)
    rest = struct.pack("<IIIIIII", _REGULAR_FILE, 1, 0, 0, 0, 4096, 0)
    return valid_for_ever + struct.pack("<QQQ", 1, size, size // 512) + times + rest


def open_reply() -> bytes:
    return struct.pack("<QIi", 0, 0, 0)


def statistics_reply() -> bytes:
    return struct.pack("<QQQQQIIII", 0, 0, 0, 1, 0, 4096, 255, 4096, 0).ljust(80, b"\0")


def read_arguments(request: Request) -> tuple[int, int]:
    """Offset and length."""
    _, offset, length = struct.unpack_from("<QQI", request.body)
    return offset, length


def write_arguments(request: Request) -> tuple[int, memoryview]:
    """Offset and data."""
    _, offset, length = struct.unpack_from("<QQI", request.body)
    return offset, request.body[40 : 40 + length]


def write_reply(length: int) -> bytes:
    return struct.pack("<II", length, 0)


def allocate_arguments(request: Request) -> tuple[int, int, int]:
    """Offset, length, and the mode of fallocate(2)."""
    _, offset, length, mode = struct.unpack_from("<QQQI", request.body)
    return offset, length, mode
