"""File systems on images: made, mounted through a loop device, and let go without a trace."""

import ctypes
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


# How long a device may stay in use that nobody needs any more, in seconds.
_PATIENCE = 30.0


@dataclass(frozen=True)
class FileSystem:
    name: str
    make: tuple[str, ...]
    # The least that its mkfs takes with a journal, or not much more.
    megabytes: int
    # Offset and length of the super block, which is written in place: that the disk writes it whole is all
    # that the file system takes for granted.
    super_block: tuple[int, int]

    @property
    def size(self) -> int:
        return self.megabytes << 20


FILE_SYSTEMS = {
    system.name: system
    for system in (
        FileSystem("ext4", ("mkfs.ext4", "-q", "-F"), 64, (1024, 1024)),
        FileSystem("xfs", ("mkfs.xfs", "-q", "-f"), 300, (0, 512)),
        FileSystem("btrfs", ("mkfs.btrfs", "-q", "-f"), 128, (65536, 4096)),
    )
}


class DeviceError(Exception):
    """A command that handles devices failed; its words are the message."""


def command(*words: str | Path) -> str:
    result = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DeviceError(f"{' '.join(map(str, words))}: {result.stderr.strip()}")
    return result.stdout.strip()


def own_mounts() -> None:
    """Gives this process a mount namespace: what it mounts goes with it."""
    new_namespace, recursive, private = 0x20000, 1 << 14, 1 << 18
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(new_namespace) != 0 or libc.mount(
        b"none", b"/", None, recursive | private, None
    ):
        raise OSError(ctypes.get_errno(), "a mount namespace can't be made")


def make(system: FileSystem, image: Path) -> None:
    with open(image, "wb") as file:
        file.truncate(system.size)
    command(*system.make, image)


def attach(image: Path, direct: bool) -> str:
    """A loop device for the image."""
    flag = "on" if direct else "off"
    return command("losetup", "--find", "--show", f"--direct-io={flag}", image)


class Mounted:
    """A mounted file system on a loop device; a context."""

    def __init__(
        self, system: FileSystem, image: Path, point: Path, direct: bool = False
    ) -> None:
        self._system = system
        self._point = point
        self.device = attach(image, direct)
        try:
            command("mount", "-t", system.name, self.device, point)
        except DeviceError:
            forget(system, self.device)
            raise
        finally:
            # A device in use is detached when the last user has gone, however that goes.
            command("losetup", "--detach", self.device)

    def __enter__(self) -> "Mounted":
        return self

    def __exit__(self, *_: object) -> None:
        command("umount", self._point)
        forget(self._system, self.device)


def forget(system: FileSystem, loop: str) -> None:
    """Btrfs remembers the newest state it has seen of a file system, and refuses an older one."""
    if system.name != "btrfs":
        return
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            command("btrfs", "device", "scan", "--forget", loop)
            return
        except DeviceError as error:
            # Others that look at new devices, such as udev, may have it open for a moment. The kernel
            # tells of their close(2) before the device is free (inotify(7)), and of that not at all:
            # so it is asked again.
            if "busy" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
