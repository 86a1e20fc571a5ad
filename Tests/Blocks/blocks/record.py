"""Records a disk under the workload."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import device
from .device import DeviceError, FileSystem, Mounted
from .recording import Recording

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Setup:
    program: str
    seed: int
    jobs: int
    # The role of an fsync to leave out; see `dropped.c`. None: the program
    # as it is.
    mutant: str | None
    shim: Path | None


def record(system: FileSystem, setup: Setup, directory: Path) -> Recording:
    """Leaves the image before the workload, the log of the disk, and the jobs in `directory`."""
    base, image = directory / "base.img", directory / "disk.img"
    device.make(system, base)
    device.command("cp", "--sparse=always", base, image)
    served, point = directory / "served", directory / "mount"
    served.touch()
    point.mkdir()
    os.mkfifo(directory / "marks")
    server = _serve(image, served, directory)
    try:
        with Mounted(system, served, point, direct=True) as mounted:
            _expect_direct(mounted.device)
            _run_workload(setup, point, directory)
    finally:
        device.command("umount", served)
        server.wait(timeout=60)
    image.unlink()
    return Recording(directory)


def _serve(image: Path, served: Path, directory: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "blocks.server", image, served, directory / "marks", directory]
    server = subprocess.Popen(
        [str(w) for w in words], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert server.stdout is not None
    if server.stdout.readline() != "ready\n":
        raise DeviceError("the FUSE server did not start")
    return server


def _expect_direct(loop: str) -> None:
    """Without direct I/O, the order of writes would be that of the page cache."""
    name = loop.removeprefix("/dev/")
    if Path(f"/sys/block/{name}/loop/dio").read_text().strip() != "1":
        raise DeviceError(f"{loop}: the loop device refuses direct I/O")


def _run_workload(setup: Setup, point: Path, directory: Path) -> None:
    # Two levels that don't exist yet, so that the making of a spool is recorded too.
    spool = point / "var" / "spool"
    words = [
        "unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
        sys.executable, "-m", "blocks.workload",
        setup.program, str(spool), str(directory), str(setup.seed), str(setup.jobs),
    ]
    extra = {}
    if setup.mutant is not None:
        extra = {"BLOCKS_SHIM": str(setup.shim), "BLOCKS_DROPPED": setup.mutant}
    with open(directory / "workload.log", "wb") as log:
        result = subprocess.run(
            words, cwd=ROOT, env=os.environ | extra, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, timeout=600, check=False,
        )
    if result.returncode != 0:
        text = (directory / "workload.log").read_text(errors="replace").strip()
        raise DeviceError(f"the workload failed:\n{text}")
