"""Reads a spool's files without the program: what spool-format(5) says, told a second time."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

_ID = "[0-9A-HJKMNP-TV-Z]{26}"
_QUEUE = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
# Where a job may lie, and the names that it has there; the id is the group.
_PATHS = [
    (place, re.compile(f"{place}/{form}\\.json"))
    for place, form in [
        ("incoming", f"(?:{_QUEUE}/)?[0-9]-({_ID})"),
        ("scheduled", rf"\d{{8}}T\d{{6}}\.\d{{3}}Z-[0-9]-({_ID})"),
        ("blocked", f"[0-9]-({_ID})"),
        ("held", f"[0-9]-({_ID})"),
        ("running", rf"({_ID})\.\d+"),
        ("done", rf"\d{{4}}-\d\d-\d\d/({_ID})"),
        ("failed", f"({_ID})"),
        ("dead-letter", f"({_ID})"),
    ]
]
PLACES = [place for place, _ in _PATHS]


@dataclass(frozen=True)
class JobFile:
    path: str
    place: str
    # None for a drop-in, and for what lies in dead-letter/ under a name of its own.
    id: str | None
    # None where neither its content nor what stands in for it is one whole JSON object.
    job: dict | None
    digest: str
    # Names of one file have one number.
    inode: int

    @property
    def name(self) -> str | None:
        return None if self.job is None else self.job.get("name")


def read(spool: Path) -> list[JobFile]:
    """Every file in a state's directory that is a job's, by its name."""
    found = []
    for place in PLACES:
        for path in sorted((spool / place).rglob("*.json")):
            if path.is_file() and not path.name.startswith("."):
                found.append(_read(spool, path, place))
    return found


def _read(spool: Path, path: Path, place: str) -> JobFile:
    below = str(path.relative_to(spool))
    content = path.read_bytes()
    job = _parse(content)
    backup = path.with_suffix(".before")
    if job is None and place == "running" and backup.is_file():
        # It stands in for a file that a power cut has left unfinished.
        job = _parse(backup.read_bytes())
    inode = path.stat().st_ino
    digest = hashlib.sha256(content).hexdigest()
    return JobFile(below, place, _id(below), job, digest, inode)


def _parse(content: bytes) -> dict | None:
    try:
        job = json.loads(content)
    except ValueError:
        return None
    return job if isinstance(job, dict) else None


def _id(path: str) -> str | None:
    for _, form in _PATHS:
        if match := form.fullmatch(path):
            return match.group(1)
    return None


def due_before(spool: Path, end: float) -> list[str]:
    """The ids of the jobs in scheduled/ that are due before a time, in seconds since the epoch."""
    due = []
    for path in (spool / "scheduled").glob("*.json"):
        try:
            stamp, _, job = path.stem.split("-")
            time = datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=timezone.utc)
        except ValueError:
            continue  # Not a job's name: the check of what was found tells of it.
        if time.timestamp() < end:
            due.append(job)
    return due
