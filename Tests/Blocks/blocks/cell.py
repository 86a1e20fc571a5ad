"""One row of the table: a disk is recorded, cut, and replayed."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import cuts, device
from .cuts import Cut, ImageBuilder
from .device import DeviceError
from .record import ROOT, Setup, record
from .recording import Flush, Recording, Write

# Images of failed states that are kept of each row.
_KEPT = 3


@dataclass
class Result:
    file_system: str
    mutant: str | None
    directory: Path
    writes: int = 0
    flushes: int = 0
    states: int = 0
    failures: list[tuple[str, list[str]]] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


# The one mutant that is of the disk, not of the program.
LATE_DISK = "late-disk"
MUTANTS = (
    LATE_DISK, "job-content", "job-name", "batch", "start-content", "start-name", "end-content",
    "end-name",
)


def mutants(name: str) -> tuple[str, ...]:
    """Those that must be found on this file system."""
    if name != "btrfs":
        # The content of a start isn't synced there; what stands in for it must be whole.
        return tuple("backup" if mutant == "start-content" else mutant for mutant in MUTANTS)
    # Where the sync of a start's content ends the transaction, the claim is durable, and a claim of an earlier
    # boot counts as begun: the sync of the name is missed only where the other one is missing too.
    return tuple("start" if mutant == "start-name" else mutant for mutant in MUTANTS)


def build_shim(directory: Path) -> Path:
    """The library that leaves syncs out."""
    shim = directory / "dropped.so"
    compiler = shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        raise DeviceError("mutants need a C compiler: clang comes with Swift")
    device.command(compiler, "-shared", "-fPIC", "-O1", "-o", shim, ROOT / "dropped.c", "-ldl")
    return shim


@dataclass(frozen=True)
class Plan:
    """What all rows have in common."""

    program: str
    seed: int
    jobs: int
    states: int
    base: Path
    only: Cut | None
    shim: Path | None
    # Whether the recordings are still wanted afterwards.
    keeps: bool


def run(name: str, mutant: str | None, plan: Plan) -> Result:
    """Records the workload on this file system, or takes the recording that lies there, and replays it."""
    directory = plan.base / (name if mutant is None else f"{name}-{mutant}")
    result = Result(name, mutant, directory)
    recording = _recording(name, mutant, plan, directory)
    result.writes, result.flushes = recording.count(Write), recording.count(Flush)
    for cut, faults in _replay(plan.program, name, directory, _cuts(mutant, plan, recording)):
        result.states += 1
        if faults:
            result.failures.append((cut, faults))
    if mutant is None:
        _keep(result, recording)
    elif not plan.keeps:
        shutil.rmtree(directory)
    return result


def _recording(name: str, mutant: str | None, plan: Plan, directory: Path) -> Recording:
    if (directory / "events").exists():
        return Recording(directory)
    directory.mkdir(parents=True)
    # A disk that is late needs no other program.
    role = None if mutant == LATE_DISK else mutant
    setup = Setup(plan.program, plan.seed, plan.jobs, role, plan.shim)
    return record(device.FILE_SYSTEMS[name], setup, directory)


def _cuts(mutant: str | None, plan: Plan, recording: Recording) -> list[Cut]:
    if plan.only is not None:
        return [plan.only]
    choose = cuts.choose_late if mutant == LATE_DISK else cuts.choose
    return choose(recording, plan.states, plan.seed)


def _replay(
    program: str, name: str, directory: Path, chosen: list[Cut]
) -> list[tuple[str, list[str]]]:
    listing = directory / "cuts"
    listing.write_text("".join(f"{cut}\n" for cut in chosen))
    words = [
        "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
        sys.executable, "-m", "blocks.replay", program, name, str(directory), str(listing),
    ]
    replayed = subprocess.run(
        words, cwd=ROOT, env=os.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )
    lines = [json.loads(line) for line in replayed.stdout.splitlines()]
    if replayed.returncode != 0 or len(lines) != len(chosen):
        raise DeviceError(f"the replay on {name} failed:\n{replayed.stderr.strip()}")
    return [(line["cut"], line["faults"]) for line in lines]


def _keep(result: Result, recording: Recording) -> None:
    """Builds the images of the first failures anew, as the cut left them."""
    for number, (cut, _) in enumerate(result.failures[:_KEPT]):
        scratch = result.directory / f"failure{number}"
        scratch.mkdir(exist_ok=True)
        image = scratch / "disk.img"
        builder = ImageBuilder(recording, device.FILE_SYSTEMS[result.file_system], scratch)
        builder.build(Cut.parse(cut), image)
        result.kept.append(image)
