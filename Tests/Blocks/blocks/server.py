"""The disk: serves an image as one file through FUSE, and logs all that is done to it.

    python3 -m blocks.server IMAGE FILE MARKS DIRECTORY

IMAGE is served over the regular file FILE until that is unmounted; the log goes to DIRECTORY. Whoever
writes a line to the FIFO MARKS has it logged in order: a line that is in the FIFO before the kernel asks
for a write or a flush is logged before it, as the FIFO is emptied between the receipt of each request and
its execution. So a line that is logged before a write can't have relied on it, and never claims too much.
"""

import ctypes
import errno
import os
import signal
import sys
from pathlib import Path

from . import fuse
from .recording import RecordingWriter

_KEEP_SIZE = 1
_PR_SET_PDEATHSIG = 1


class Disk:
    def __init__(self, image: str, marks: str, directory: Path) -> None:
        self._image = os.open(image, os.O_RDWR | os.O_CLOEXEC)
        self._size = os.fstat(self._image).st_size
        # Open for both, so that it never ends while nobody writes to it.
        self._marks = os.open(marks, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._unfinished = b""
        self._log = RecordingWriter(directory)

    def serve(self, connection: int) -> None:
        while (request := fuse.receive(connection)) is not None:
            self._take_marks()
            if request.operation in fuse.WITHOUT_REPLY:
                continue
            answer = self._answer(request)
            try:
                os.write(connection, answer)
            except OSError as error:
                # The request was aborted meanwhile.
                if error.errno != errno.ENOENT:
                    raise
        self._take_marks()
        self._log.close()

    def _take_marks(self) -> None:
        while True:
            try:
                text = os.read(self._marks, 1 << 16)
            except BlockingIOError:
                return
            *lines, self._unfinished = (self._unfinished + text).split(b"\n")
            for line in lines:
                self._log.mark(line.decode())

    def _answer(self, request: fuse.Request) -> bytes:
        match request.operation:
            case fuse.INIT:
                return request.reply(fuse.init_reply())
            case fuse.GETATTR:
                return request.reply(fuse.attributes_reply(self._size))
            case fuse.OPEN:
                return request.reply(fuse.open_reply())
            case fuse.STATFS:
                return request.reply(fuse.statistics_reply())
            case fuse.READ:
                offset, length = fuse.read_arguments(request)
                return request.reply(os.pread(self._image, length, offset))
            case fuse.WRITE:
                return self._write(request)
            case fuse.FALLOCATE:
                return self._allocate(request)
            case fuse.FSYNC:
                # Requests are served one after the other, so every write that was answered is logged above.
                self._log.flush()
                return request.reply()
            case fuse.FLUSH | fuse.RELEASE | fuse.DESTROY:
                return request.reply()
        return request.reply(error=errno.ENOSYS)

    def _write(self, request: fuse.Request) -> bytes:
        offset, data = fuse.write_arguments(request)
        if os.pwrite(self._image, data, offset) != len(data):
            return request.reply(error=errno.EIO)
        self._log.write(offset, data)
        return request.reply(fuse.write_reply(len(data)))

    def _allocate(self, request: fuse.Request) -> bytes:
        """Discards and zeroing, as the loop device asks for them: both leave zeros."""
        offset, length, mode = fuse.allocate_arguments(request)
        if not mode & _KEEP_SIZE:
            return request.reply(error=errno.EOPNOTSUPP)
        step = 1 << 20
        for start in range(offset, offset + length, step):
            os.pwrite(self._image, bytes(min(step, offset + length - start)), start)
        self._log.zero(offset, length)
        return request.reply()


def main() -> None:
    image, file, marks, directory = sys.argv[1:]
    # It would keep alive the mount namespace that keeps it alive.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    disk = Disk(image, marks, Path(directory))
    connection = fuse.mount(file)
    print("ready", flush=True)
    disk.serve(connection)


if __name__ == "__main__":
    main()
