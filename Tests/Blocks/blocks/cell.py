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


def build_shim(directory: Path) -> Path:
    """The library that leaves syncs out."""
    shim = directory / "dropped.so"
    compiler = shutil.which("clang") or shutil.which("cc")
    if compiler is None:
        raise DeviceError("mutants need a C compiler: clang comes with Swift")
    device.command(compiler, "-shared", "-fPIC", "-O1", "-o", shim, ROOT / "dropped.c", "-ldl")
    return shim


def run(name: str, setup: Setup, states: int, directory: Path, only: Cut | None) -> Result:
    """Records the workload on this file system, or takes the recording that is in `directory`."""
    result = Result(name, setup.mutant, directory)
    system = device.FILE_SYSTEMS[name]
    if (directory / "events").exists():
        recording = Recording(directory)
    else:
        directory.mkdir(parents=True)
        recording = record(system, setup, directory)
    result.writes, result.flushes = recording.count(Write), recording.count(Flush)
    if only is not None:
        chosen = [only]
    elif setup.mutant == LATE_DISK:
        chosen = cuts.choose_late(recording, states, setup.seed)
    else:
        chosen = cuts.choose(recording, states, setup.seed)
    for cut, faults in _replay(setup.program, name, directory, chosen):
        result.states += 1
        if faults:
            result.failures.append((cut, faults))
    if setup.mutant is None:
        _keep(result, recording)
    return result


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
