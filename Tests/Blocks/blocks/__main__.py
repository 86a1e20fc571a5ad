"""The command; see README.md."""

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from . import cell
from .cell import Plan, Result
from .cuts import Cut
from .device import FILE_SYSTEMS, DeviceError, own_mounts
from .record import ROOT

SKIPPED = 77


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Tests/Blocks/run", description="Replay power cuts of a disk under the real program."
    )
    parser.add_argument("--fs", default="all", choices=[*FILE_SYSTEMS, "all"], help="default: all")
    parser.add_argument("--seed", type=int, default=1, help="of the workload and the cuts; default: 1")
    parser.add_argument("--states", type=int, default=200, help="cuts a file system; default: 200")
    parser.add_argument("--jobs", type=int, default=60, help="steps of the workload; default: 60")
    parser.add_argument("--program", help="the spool to test; default: what swift build makes")
    parser.add_argument(
        "--mutants", action="store_true",
        help="leave syncs out, one role at a time: each must be found, or the exit status is 1",
    )
    parser.add_argument("--directory", type=Path, help="where recordings are kept, or lie already")
    parser.add_argument(
        "--only", type=Cut.parse, metavar="CUT",
        help="replay this one cut; with --directory and --fs",
    )
    return parser.parse_args(arguments)


def missing() -> str | None:
    """Why it can't run here."""
    if os.geteuid() != 0:
        return "it needs root, to mount"
    for path in ("/dev/fuse", "/dev/loop-control"):
        if not os.access(path, os.R_OK | os.W_OK):
            return f"there is no {path}"
    for name in FILE_SYSTEMS:
        if shutil.which(f"mkfs.{name}") is None:
            return f"there is no mkfs.{name}"
        supported = Path("/proc/filesystems").read_text().split()
        if name not in supported and subprocess.run(["modprobe", name], check=False).returncode != 0:
            return f"the kernel has no {name}"
    return None


def built_program() -> str:
    subprocess.run(
        ["swift", "build", "--product", "spool"], cwd=ROOT.parent.parent, check=True,
        stdout=sys.stderr,
    )
    shown = subprocess.run(
        ["swift", "build", "--show-bin-path"], cwd=ROOT.parent.parent, check=True,
        capture_output=True, text=True,
    )
    return str(Path(shown.stdout.strip()) / "spool")


def run_all(options: argparse.Namespace, program: str, base: Path) -> list[Result]:
    names = list(FILE_SYSTEMS) if options.fs == "all" else [options.fs]
    shim = cell.build_shim(base) if options.mutants else None

    plan = Plan(
        program, options.seed, options.jobs, options.states, base, options.only, shim,
        keeps=options.directory is not None,
    )
    rows: list[tuple[str, str | None]] = [
        (name, mutant) for name in names
        for mutant in (cell.mutants(name) if options.mutants else (None,))
    ]
    # A process for each row, in a mount namespace of its own: a copy of another row's mounts would keep them.
    with ProcessPoolExecutor(
        max_workers=max(2, os.cpu_count() or 1), max_tasks_per_child=1,
        mp_context=multiprocessing.get_context("spawn"), initializer=own_mounts,
    ) as pool:
        futures = [pool.submit(cell.run, *row, plan) for row in rows]
        return [future.result() for future in futures]


def report(results: list[Result]) -> None:
    print(f"{'fs':8}{'left out':16}{'writes':>8}{'flushes':>9}{'states':>8}{'failures':>10}")
    for result in results:
        print(
            f"{result.file_system:8}{result.mutant or '-':16}{result.writes:8}{result.flushes:9}"
            f"{result.states:8}{len(result.failures):10}"
        )
    for result in results:
        if result.mutant is None:
            _explain(result)
        elif result.failures:
            cut, faults = result.failures[0]
            print(f"{result.file_system} without {result.mutant}: {cut}: {faults[0]}")


def _explain(result: Result) -> None:
    for cut, faults in result.failures:
        print(f"\n{result.file_system}: after the cut {cut}:")
        for fault in faults:
            print(f"  {fault}")
        print(
            f"  again: Tests/Blocks/run --fs {result.file_system} --directory"
            f" {result.directory.parent} --only {cut}"
        )
    for (cut, _), image in zip(result.failures, result.kept, strict=False):
        print(f"{cut}: look at it with: mount -o loop {image} /mnt")


def main() -> int:
    options = parse(sys.argv[1:])
    if (reason := missing()) is not None:
        print(f"Tests/Blocks: skipped: {reason}")
        return SKIPPED
    program = options.program or built_program()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    base = options.directory or Path(tempfile.mkdtemp(prefix="spool-blocks-", dir=memory))
    keeps = options.directory is not None
    try:
        results = run_all(options, str(Path(program).resolve()), base.resolve())
        report(results)
        failed = any((result.mutant is not None) != bool(result.failures) for result in results)
        keeps = keeps or failed and not options.mutants
        return 1 if failed else 0
    except (DeviceError, OSError, ValueError, subprocess.SubprocessError, BrokenProcessPool) as error:
        keeps = True
        print(f"Tests/Blocks: {error}\nwhat there is lies in {base}", file=sys.stderr)
        return 1
    finally:
        if not keeps:
            shutil.rmtree(base)


if __name__ == "__main__":
    sys.exit(main())
