"""Which states a power cut may leave on a disk, and the images of these."""

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .device import FileSystem, command
from .recording import Flush, Mark, Recording, Write


# The least that a disk writes whole, in bytes.
_SECTOR = 512


@dataclass(frozen=True)
class Cut:
    """The power fails after `position` events. The disk holds the first `durable` ones, and of the writes
    between the two those that `pattern` says:

    none, all; prefix:N, the first N; subset:SEED, any; torn:SEED, any, and of the last of these only some
    sectors.
    """

    position: int
    durable: int
    pattern: str

    def __str__(self) -> str:
        return f"{self.position}/{self.durable}/{self.pattern}"

    @staticmethod
    def parse(text: str) -> "Cut":
        position, durable, pattern = text.split("/")
        return Cut(int(position), int(durable), pattern)


def choose(recording: Recording, count: int, seed: int) -> list[Cut]:
    """`count` different cuts of a disk that keeps what it has flushed, in the order of time.

    Between two flushes the latest moment promises the most, and the disk may still hold nothing but what
    the first one has made durable. Half of the cuts are of that kind, and at moments at which something was
    promised; the others are anywhere, and leave anything.
    """
    intervals = list(_intervals(recording))
    generator = random.Random(seed)
    harsh = [
        Cut(end, start, "none") for start, end in intervals
        if any(isinstance(event, Mark) for event in recording.events[start:end])
    ]
    cuts = set(generator.sample(harsh, min(count // 2, len(harsh))))
    for _ in range(count * 20):
        if len(cuts) >= count:
            break
        cuts.add(_anything(recording, generator.choice(intervals), generator))
    return _in_order(cuts)


def choose_late(recording: Recording, count: int, seed: int) -> list[Cut]:
    """Cuts of a disk that says that it has flushed, but is up to a hundred events behind."""
    generator = random.Random(seed)
    cuts = set()
    for _ in range(count):
        position = generator.randrange(len(recording.events))
        cuts.add(Cut(position, max(0, position - generator.randrange(100)), "none"))
    return _in_order(cuts)


def _in_order(cuts: set[Cut]) -> list[Cut]:
    return sorted(cuts, key=lambda cut: (cut.durable, cut.position, cut.pattern))


def _intervals(recording: Recording) -> Iterator[tuple[int, int]]:
    """From after one flush to before the end of the next one."""
    start = 0
    for index, event in enumerate(recording.events):
        if isinstance(event, Flush):
            yield start, index
            start = index + 1
    yield start, len(recording.events)


def _anything(
    recording: Recording, interval: tuple[int, int], generator: random.Random
) -> Cut:
    start, end = interval
    position = generator.randint(start, end)
    writes = sum(isinstance(event, Write) for event in recording.events[start:position])
    patterns = ["none"]
    if writes > 0:
        seed = generator.randrange(1 << 32)
        prefix = f"prefix:{generator.randint(1, writes)}"
        patterns = ["none", "all", prefix, f"subset:{seed}", f"torn:{seed}"]
    return Cut(position, start, generator.choice(patterns))


class ImageBuilder:
    """Builds images of cuts whose durable parts grow."""

    def __init__(self, recording: Recording, system: FileSystem, scratch: Path) -> None:
        self._recording = recording
        self._super_block = system.super_block
        self._durable = scratch / "durable.img"
        command("cp", "--sparse=always", recording.base_image, self._durable)
        self._file = os.open(self._durable, os.O_RDWR | os.O_CLOEXEC)
        self._applied = 0

    def build(self, cut: Cut, target: Path) -> None:
        if cut.durable < self._applied:
            raise ValueError(f"{cut}: a later one was built before")
        for write in self._writes(self._applied, cut.durable):
            self._apply(self._file, write)
        self._applied = cut.durable
        command("cp", "--sparse=always", self._durable, target)
        image = os.open(target, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._apply_pattern(image, cut)
        finally:
            os.close(image)

    def _writes(self, start: int, end: int) -> list[Write]:
        return [event for event in self._recording.events[start:end] if isinstance(event, Write)]

    def _apply(self, image: int, write: Write) -> None:
        os.pwrite(image, self._recording.data(write), write.offset)

    def _apply_pattern(self, image: int, cut: Cut) -> None:
        writes = self._writes(cut.durable, cut.position)
        kind, _, number = cut.pattern.partition(":")
        generator = random.Random(number)
        match kind:
            case "none":
                kept = []
            case "all":
                kept = writes
            case "prefix":
                kept = writes[: int(number)]
            case "subset" | "torn":
                kept = [write for write in writes if generator.random() < 0.5]
            case _:
                raise ValueError(f"{cut}: there is no such pattern")
        torn = kept.pop() if kind == "torn" and kept else None
        for write in kept:
            self._apply(image, write)
        if torn is not None:
            self._tear(image, torn, generator)

    def _tear(self, image: int, write: Write, generator: random.Random) -> None:
        data = self._recording.data(write)
        start, length = self._super_block
        if write.offset < start + length and start < write.offset + write.length:
            os.pwrite(image, data, write.offset)
            return
        for sector in range(0, len(data), _SECTOR):
            if generator.random() < 0.5:
                os.pwrite(image, data[sector : sector + _SECTOR], write.offset + sector)
