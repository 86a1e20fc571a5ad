"""What the disk is recorded under: jobs of every kind, by the real program, with two workers.

    python3 -m blocks.workload PROGRAM SPOOL DIRECTORY SEED COUNT

It runs as the first process of its own process namespace, so that nothing of it outlives it. DIRECTORY
holds the FIFO `marks`; `jobs.json` is written there: what was asked of the queue, by the jobs' names.
A mark is written after the program has acknowledged something ("did"), and before it is asked for what
may begin to be true at any time from then on ("asks").
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Callable

ACT = str(Path(__file__).resolve().parent.parent / "act")
LONG = "1h"


class Program:
    """The program under test, on one spool."""

    def __init__(self, program: str, spool: str, directory: Path) -> None:
        self._words = [program, "--dir", spool]
        self._directory = directory
        self._marks = os.open(directory / "marks", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self.environment = environment(directory)

    def mark(self, text: str) -> None:
        os.write(self._marks, f"{text}\n".encode())

    def run(self, *words: str, text: str = "") -> str:
        result = self.attempt(*words, text=text)
        if result.returncode != 0:
            raise RuntimeError(f"spool {' '.join(words)}: {result.stderr.strip()}")
        return result.stdout.strip()

    def attempt(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._words, *words], input=text, capture_output=True, text=True,
            env=self.environment, cwd="/", timeout=120, check=False,
        )

    def start_worker(self, number: int) -> subprocess.Popen[bytes]:
        errors = open(self._directory / f"worker{number}.log", "wb")
        with errors:
            return subprocess.Popen(
                [*self._words, "worker", "-j", "3"], stdin=subprocess.DEVNULL,
                stdout=errors, stderr=errors, env=self.environment, cwd="/",
            )


def environment(scratch: Path) -> dict[str, str]:
    """What the program sees; TMPDIR is where `act` finds the file for its marks."""
    kept = {k: v for k, v in os.environ.items() if k.startswith("BLOCKS_")}
    if "BLOCKS_SHIM" in kept:
        kept["LD_PRELOAD"] = kept["BLOCKS_SHIM"]
    return kept | {
        "PATH": os.environ["PATH"], "HOME": "/", "TMPDIR": str(scratch), "SPOOL_AUTOSTART": "no",
    }


class Workload:
    def __init__(self, program: Program, spool: str, directory: Path, seed: int) -> None:
        self._program = program
        self._spool = Path(spool)
        self._directory = directory
        self._random = random.Random(seed)
        self._jobs: dict[str, dict] = {}
        self._waiters: list[threading.Thread] = []
        self._failures: list[str] = []

    def run(self, count: int) -> None:
        self._program.run("init", str(self._spool))
        self._program.mark("did init")
        workers = [self._program.start_worker(number) for number in (1, 2)]
        kinds: list[tuple[int, Callable[[], None]]] = [
            (10, self._succeed), (4, self._fail), (3, self._fail_first), (3, self._cancel_waiting),
            (2, self._cancel_running), (3, self._hold), (3, self._batch), (1, self._burst),
            (5, self._drop),
            (2, self._drop_unsynced), (4, self._unsynced), (3, self._delay), (3, self._queue),
            (2, self._retry), (2, self._move), (2, self._run_command),
        ]
        # Each kind at least once, then by weight.
        order = [kind for _, kind in kinds]
        weights = [weight for weight, _ in kinds]
        order += self._random.choices(order, weights, k=max(0, count - len(order)))
        self._random.shuffle(order)
        for act in order:
            act()
        for waiter in self._waiters:
            waiter.join()
        self._program.mark("end")
        if self._failures or any(worker.poll() is not None for worker in workers):
            raise RuntimeError("the workload failed: " + "; ".join(self._failures or ["a worker"]))

    def save(self) -> None:
        (self._directory / "jobs.json").write_text(json.dumps(self._jobs, indent=1))

    # Jobs

    def _describe(self, action: str, **fields: object) -> dict:
        """A new job, known by its name from here on."""
        job = {"name": f"{action}-{len(self._jobs)}", "command": [ACT, action], "cwd": "/"} | fields
        # So that content has more than one block now and then.
        if self._random.random() < 0.2:
            job["metadata"] = {"padding": "x" * self._random.randrange(1000, 12000)}
        self._jobs[job["name"]] = job
        return job

    def _submit(self, job: dict, *options: str) -> str:
        identifier = self._program.run("submit", *options, "-", text=json.dumps(job))
        self._program.mark(f"did submit {job['name']} {identifier}")
        return identifier

    def _watch(self, job: dict, identifier: str) -> None:
        """Marks what somebody who waits is told."""
        waiter = threading.Thread(target=self._wait, args=(job["name"], identifier))
        waiter.start()
        self._waiters.append(waiter)

    def _wait(self, name: str, identifier: str) -> None:
        try:
            waiting = self._program.attempt("wait", identifier)
            self._program.mark(f"told {name} {json.dumps({'status': waiting.returncode})}")
            shown = json.loads(self._program.run("status", "--json", identifier))
            told = {key: shown.get(key) for key in ("state", "result")}
            self._program.mark(f"told {name} {json.dumps(told)}")
        except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
            self._failures.append(f"wait {name}: {error}")

    def _succeed(self) -> None:
        job = self._describe("succeed", priority=self._random.randrange(10))
        self._watch(job, self._submit(job))

    def _fail(self) -> None:
        job = self._describe("fail")
        self._watch(job, self._submit(job))

    def _fail_first(self) -> None:
        job = self._describe("fail-first", max_attempts=3, backoff=["50ms"])
        self._watch(job, self._submit(job))

    def _unsynced(self) -> None:
        self._submit(self._describe("succeed", sync="off"))

    def _delay(self) -> None:
        if self._random.random() < 0.5:
            self._submit(self._describe("succeed", delay=LONG))
        else:
            job = self._describe("succeed", delay="200ms")
            self._watch(job, self._submit(job))

    def _queue(self) -> None:
        queue = f"queue{self._random.randrange(3)}"
        job = self._describe("succeed", queue=queue)
        self._watch(job, self._submit(job))

    def _batch(self) -> None:
        jobs = [self._describe("succeed") for _ in range(self._random.randrange(2, 6))]
        jobs.append(self._describe("succeed", delay=LONG))
        self._submit_batch(jobs)

    def _burst(self) -> None:
        """So many that the workers claim them before they have slots for them."""
        self._submit_batch([self._describe("succeed") for _ in range(20)])

    def _submit_batch(self, jobs: list[dict]) -> None:
        lines = "\n".join(json.dumps(job) for job in jobs)
        identifiers = self._program.run("submit", "--lines", "-", text=lines).split()
        for job, identifier in zip(jobs, identifiers, strict=True):
            self._program.mark(f"did submit {job['name']} {identifier}")

    def _run_command(self) -> None:
        job = self._describe("succeed")
        job.pop("metadata", None)
        identifier = self._program.run("run", "--clean-env", "-n", job["name"], "--", *job["command"])
        self._program.mark(f"did submit {job['name']} {identifier}")
        self._watch(job, identifier)

    # Verbs

    def _did(self, verb: str, job: dict, identifier: str, *options: str) -> None:
        self._program.mark(f"asks {verb} {job['name']}")
        self._program.run(verb, *options, identifier)
        self._program.mark(f"did {verb} {job['name']}")

    def _cancel_waiting(self) -> None:
        job = self._describe("succeed", delay=LONG)
        self._did("cancel", job, self._submit(job))

    def _cancel_running(self) -> None:
        job = self._describe("linger")
        identifier = self._submit(job)
        self._program.mark(f"asks cancel {job['name']}")
        self._program.run("cancel", "--wait", identifier)
        self._program.mark(f"did cancel {job['name']}")

    def _hold(self) -> None:
        job = self._describe("succeed", delay=LONG)
        identifier = self._submit(job)
        self._did("hold", job, identifier)
        if self._random.random() < 0.5:
            self._did("release", job, identifier)

    def _move(self) -> None:
        job = self._describe("succeed", delay=LONG)
        identifier = self._submit(job)
        self._did("move", job, identifier, "--now", "-p", "low")
        self._watch(job, identifier)

    def _retry(self) -> None:
        job = self._describe("fail")
        identifier = self._submit(job)
        self._wait(job["name"], identifier)
        self._did("retry", job, identifier)
        self._watch(job, identifier)

    # Drop-ins

    def _drop(self) -> None:
        """As a careful program drops a file: durably."""
        job = self._describe("succeed")
        name = f"{job['name']}.json"
        with open(self._spool / "tmp" / name, "w", encoding="utf-8") as file:
            json.dump(job, file)
            file.flush()
            os.fsync(file.fileno())
        incoming = os.open(self._spool / "incoming", os.O_RDONLY)
        os.rename(self._spool / "tmp" / name, self._spool / "incoming" / name)
        os.fsync(incoming)
        os.close(incoming)
        self._program.mark(f"did drop {job['name']}")

    def _drop_unsynced(self) -> None:
        job = self._describe("succeed")
        job["unsynced"] = True
        text = json.dumps({k: v for k, v in job.items() if k != "unsynced"})
        (self._spool / "incoming" / f"{job['name']}.json").write_text(text)


def main() -> None:
    program, spool, directory, seed, count = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    base = Path(directory)
    workload = Workload(Program(program, spool, base), spool, base, int(seed))
    try:
        workload.run(int(count))
    finally:
        workload.save()


if __name__ == "__main__":
    main()
