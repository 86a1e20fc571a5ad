"""The log of a disk: every write and every flush in order, and between them the marks of the workload."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO


@dataclass(frozen=True)
class Write:
    offset: int
    length: int
    # Where its data begins in the data file; None for zeros.
    data: int | None


@dataclass(frozen=True)
class Flush:
    """Everything that was written before is on the disk for good."""


@dataclass(frozen=True)
class Mark:
    """Something that had happened before anything that follows was written."""

    text: str


Event = Write | Flush | Mark


class RecordingWriter:
    def __init__(self, directory: Path) -> None:
        self._events: TextIO = open(directory / "events", "w", encoding="utf-8")
        self._data: BinaryIO = open(directory / "data", "wb")
        self._end = 0

    def write(self, offset: int, data: memoryview) -> None:
        self._data.write(data)
        self._events.write(f"w {offset} {len(data)} {self._end}\n")
        self._end += len(data)

    def zero(self, offset: int, length: int) -> None:
        self._events.write(f"z {offset} {length}\n")

    def flush(self) -> None:
        self._events.write("f\n")

    def mark(self, text: str) -> None:
        self._events.write(f"m {text}\n")

    def close(self) -> None:
        self._data.close()
        self._events.close()


class Recording:
    """What a run of the workload left in its directory: the image before it, the log, and what was asked."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with open(directory / "events", encoding="utf-8") as lines:
            self.events: list[Event] = [_parse(line.rstrip("\n")) for line in lines]
        # What comes after the workload's end is the unmounting, of which nothing was promised.
        end = next((i for i, e in enumerate(self.events) if e == Mark("end")), None)
        if end is None:
            raise ValueError(f"{directory}: the workload did not come to its end")
        del self.events[end:]
        self.jobs: dict[str, dict] = json.loads((directory / "jobs.json").read_text())
        self._data = os.open(directory / "data", os.O_RDONLY | os.O_CLOEXEC)

    @property
    def base_image(self) -> Path:
        return self.directory / "base.img"

    def count(self, kind: type) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    def data(self, write: Write) -> bytes:
        if write.data is None:
            return bytes(write.length)
        return os.pread(self._data, write.length, write.data)


def _parse(line: str) -> Event:
    kind, _, rest = line.partition(" ")
    if kind == "m":
        return Mark(rest)
    if kind == "f":
        return Flush()
    numbers = [int(word) for word in rest.split()]
    return Write(numbers[0], numbers[1], numbers[2] if kind == "w" else None)
