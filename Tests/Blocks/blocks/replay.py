"""Recovers the disk from each cut with the real program, and checks what is left.

    python3 -m blocks.replay PROGRAM FILESYSTEM DIRECTORY CUTS

DIRECTORY holds a recording, the file CUTS a cut a line. It runs as the first process of its own process
and mount namespaces: what a failed recovery leaves goes with it. Each result is a line of JSON on standard
output: the cut, and what is wrong.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

from . import checks, device, facts, files
from .cuts import Cut, ImageBuilder
from .device import DeviceError, FileSystem, Mounted
from .recording import Recording
from .workload import ACT, Program

_PATIENCE = 30.0


class Replay:
    def __init__(self, program: str, system: FileSystem, recording: Recording) -> None:
        self._system = system
        self._recording = recording
        self._scratch = recording.directory / "replay"
        self._scratch.mkdir(exist_ok=True)
        self._image = self._scratch / "state.img"
        self._point = self._scratch / "mount"
        self._point.mkdir(exist_ok=True)
        self._spool = self._point / "var" / "spool"
        self._begun = self._scratch / "marks"
        self._begun.touch()
        self._program = Program(program, str(self._spool), self._scratch)
        self._builder = ImageBuilder(recording, system, self._scratch)

    def run(self, cut: Cut) -> list[str]:
        """What is wrong after this cut."""
        self._begun.write_text("")
        self._builder.build(cut, self._image)
        known = facts.gather(self._recording.events[: cut.position])
        try:
            with Mounted(self._system, self._image, self._point):
                return list(self._examine(known))
        except (DeviceError, OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            return [str(error)]
        finally:
            self._clear()

    def _clear(self) -> None:
        """Kills what a recovery that failed has left, and lets go of its file system."""
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        while True:
            try:
                os.wait()
            except ChildProcessError:
                break
        if os.path.ismount(self._point):
            device.command("umount", self._point)

    def _examine(self, known: facts.Facts) -> Iterator[str]:
        jobs = self._recording.jobs
        if not known.has_spool:
            # Nothing was told yet, but what is there must not be in the way.
            self._program.run("init", str(self._spool))
        yield from _after("cut", checks.check_found(jobs, known, files.read(self._spool)))
        self._work()
        first = files.read(self._spool)
        yield from _after("recovery", checks.check_found(jobs, known, first))
        yield from _after("recovery", checks.check_recovered(jobs, known, first, self._begins()))
        yield from self._check_structure(first)
        yield from self._try_new_job()
        second = {file.path: file.digest for file in files.read(self._spool) if file.name != "probe"}
        if second != {file.path: file.digest for file in first}:
            yield "a second recovery changed something"

    def _work(self) -> None:
        """Runs a worker until nothing is left that is due soon."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            self._program.run("worker", "-j", "4", "--until-empty")
            soon = files.due_before(self._spool, time.time() + _PATIENCE)
            if not soon:
                return
            if time.monotonic() > deadline:
                raise RuntimeError("jobs are scheduled again and again")
            self._await(soon)

    def _await(self, jobs: list[str]) -> None:
        """Runs a worker until these have ended, which `spool wait` is told of."""
        worker = self._program.start_worker(0)
        try:
            self._program.attempt("wait", "-t", f"{int(_PATIENCE)}s", *jobs)
        finally:
            worker.terminate()
            try:
                worker.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                worker.kill()
                raise RuntimeError("a worker didn't end after SIGTERM") from None

    def _begins(self) -> dict[str, int]:
        return facts.begins_by_name(self._begun.read_text().splitlines())

    def _check_structure(self, found: list[files.JobFile]) -> Iterator[str]:
        """The program's own check may find what `check_recovered` allows, and nothing else."""
        allowed = {
            f"error not-a-job {file.path}" for file in found
            if file.job is None and file.place in ("done", "failed")
        }
        result = self._program.attempt("check")
        if result.returncode not in (0, 1):
            yield f"spool check exits with {result.returncode}: {result.stderr.strip()}"
        for line in result.stdout.splitlines():
            if line.startswith("error") and line.split(":")[0] not in allowed:
                yield f"spool check: {line}"

    def _try_new_job(self) -> Iterator[str]:
        before = self._begins()
        probe = {"name": "probe", "command": [ACT, "succeed"], "cwd": "/"}
        self._program.run("submit", "-", text=json.dumps(probe))
        self._work()
        places = [file.place for file in files.read(self._spool) if file.name == "probe"]
        if places != ["done"]:
            yield f"a new job doesn't run: it is in {' '.join(places) or 'no place'}"
        if self._begins() != before | {"probe": 1}:
            yield f"a second recovery began something: {self._begins()}"


def _after(moment: str, faults: Iterator[str]) -> Iterator[str]:
    for fault in faults:
        yield f"after the {moment}: {fault}"


def _pretend_new_boot(scratch: Path) -> None:
    """The attempts on the disk are of another boot, as they are after a power cut."""
    identity = scratch / "boot_id"
    identity.write_text("0b10c4ed-0000-4000-8000-000000000001\n")
    device.command("mount", "--bind", identity, "/proc/sys/kernel/random/boot_id")


def main() -> None:
    program, name, directory, cuts = sys.argv[1:]
    system = device.FILE_SYSTEMS[name]
    recording = Recording(Path(directory))
    _pretend_new_boot(Path(directory))
    replay = Replay(program, system, recording)
    for line in Path(cuts).read_text().splitlines():
        faults = replay.run(Cut.parse(line))
        print(json.dumps({"cut": line, "faults": faults}), flush=True)


if __name__ == "__main__":
    main()
