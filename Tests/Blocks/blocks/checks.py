"""What must hold after a power cut. Each check returns what is wrong, as text."""

from collections import defaultdict
from typing import Iterator

from .facts import Facts, JobFacts
from .files import JobFile

# Fields that a user wrote and no verb of the workload changes.
_KEPT = ("command", "metadata", "max_attempts", "sync", "queue")


def is_promised(job: dict, facts: JobFacts) -> bool:
    """Whether this job must be there."""
    return facts.is_acknowledged and job.get("sync") != "off" and "unsynced" not in job


def check_found(jobs: dict[str, dict], facts: Facts, files: list[JobFile]) -> Iterator[str]:
    """Holds at any time: each job is one file at most, and there and whole if that was promised.

    Two names of one file are a rename that btrfs has replayed half, because somebody else synced the
    directory; the recovery has to end it, and `check_recovered` sees to that.
    """
    by_name: dict[str, list[JobFile]] = defaultdict(list)
    by_id: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if file.name is not None:
            by_name[file.name].append(file)
        if file.id is not None:
            by_id[file.id].append(file.path)
    for name, job in jobs.items():
        known = facts.jobs.get(name, JobFacts())
        copies = by_name.get(name, [])
        if len({file.inode for file in copies}) > 1:
            paths = " ".join(file.path for file in copies)
            yield f"{name} is in {len(copies)} places: {paths}"
        if is_promised(job, known) and not copies:
            where = " ".join(by_id.get(known.id or "", [])) or "nowhere"
            yield f"{name} ({known.id or 'a drop-in'}) was acknowledged; it is {where}, but not whole"
        for file in copies:
            yield from _check_content(job, known, file)
    for name in by_name.keys() - jobs.keys() - {"probe"}:
        yield f"{name} was never submitted: {by_name[name][0].path}"


def _check_content(job: dict, known: JobFacts, file: JobFile) -> Iterator[str]:
    assert file.job is not None
    for field in _KEPT:
        if file.job.get(field) != job.get(field):
            yield f"{file.path}: its {field} is not what was submitted"
    if known.id is not None and file.id != known.id:
        yield f"{file.path}: its id was told to be {known.id}"
    if file.id is not None and file.job.get("id", file.id) != file.id:
        yield f"{file.path}: it says that its id is {file.job['id']}"


def check_recovered(
    jobs: dict[str, dict], facts: Facts, files: list[JobFile], begun: dict[str, int]
) -> Iterator[str]:
    """Holds once the recovery is through.

    `begun` says how often each job's command began in it.
    """
    found = {file.name: file for file in files if file.name is not None}
    paths = {file.inode: file.path for file in files}
    for file in files:
        if paths[file.inode] != file.path:
            yield f"{file.path} is {paths[file.inode]} too"
        if file.place in ("incoming", "running"):
            yield f"{file.path} is left after the recovery"
        elif file.job is None and file.place not in ("done", "failed", "dead-letter"):
            # An ended job whose record was not synced may have lost it; nothing takes it for a job again.
            yield f"{file.path} is taken for a job, but isn't whole"
    for name, job in jobs.items():
        known = facts.jobs.get(name, JobFacts())
        if job.get("sync") != "off":
            yield from _check_begins(name, job, known, begun.get(name, 0))
        if name in found:
            yield from _check_told(known, found[name])
            if job.get("sync") != "off":
                yield from _check_state(job, known, found[name], begun.get(name, 0))


def _check_begins(name: str, job: dict, known: JobFacts, again: int) -> Iterator[str]:
    if job.get("max_attempts", 1) > 1:
        return
    rounds = 1 + known.asked.count("retry")
    if known.begins + again > rounds:
        yield (
            f"{name} may be begun {rounds} times; it was, {known.begins} times before the cut and"
            f" {again} times after it"
        )
    if again > 0 and known.last_done() in ("cancel", "hold"):
        yield f"{name} was begun after its {known.last_done()} was acknowledged"


def _check_told(known: JobFacts, file: JobFile) -> Iterator[str]:
    assert file.job is not None
    told = known.told
    if "status" in told and told["status"] != _exit_status(file):
        yield f"{file.path}: a waiter was told {told['status']}, and it is {_exit_status(file)} now"
    for field in told.keys() - {"status"}:
        if file.job.get(field) != told[field]:
            yield f"{file.path}: {field} was {told[field]}, and is {file.job.get(field)} now"


def _exit_status(file: JobFile) -> int | None:
    """What `spool wait` exits with for a job of this workload; None where it hasn't ended."""
    job = file.job or {}
    if job.get("state") == "completed" and file.place == "done":
        return 0
    if job.get("state") == "failed" and job.get("attempts"):
        return job["attempts"][-1].get("exit_code")
    if job.get("state") == "cancelled":
        return 125
    return 1 if file.place in ("failed", "dead-letter") else None


def _check_state(job: dict, known: JobFacts, file: JobFile, again: int) -> Iterator[str]:
    assert file.job is not None
    state = file.job.get("state")
    if file.place == "failed" and state in (None, "retrying"):
        # The place says it; see THE STATE OF A JOB in spool-format(5).
        state = "cancelled"
    at = f"{file.place} {state}" if file.place in ("done", "failed") else file.place
    allowed = _allowed_states(job, known, again)
    if at not in allowed:
        yield f"{file.path}: it is {at}; it should be {' or '.join(sorted(allowed))}"


def _allowed_states(job: dict, known: JobFacts, again: int) -> set[str]:
    """Where the job may lie after the recovery, with its state."""
    last = known.last_done()
    if last == "cancel":
        return {"failed cancelled"}
    if last == "hold":
        return {"held"}
    allowed = set()
    if job.get("delay") != "1h" or "move" in known.asked:
        allowed |= _ends(job, known, again)
    if job.get("delay") == "1h" and last != "move":
        allowed.add("scheduled")
    if "cancel" in known.asked:
        allowed.add("failed cancelled")
    if "hold" in known.asked and last != "release":
        allowed.add("held")
    return allowed


def _ends(job: dict, known: JobFacts, again: int) -> set[str]:
    """Where a job may lie that was due."""
    ends = set()
    if job.get("max_attempts", 1) == 1 and again == 0:
        # Also where its command was about to begin: its record says that it may have.
        ends.add("failed interrupted")
    if known.begins + again > 0:
        ends.add("failed failed" if job["command"][-1] == "fail" else "done completed")
    return ends
