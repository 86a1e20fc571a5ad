"""What had been promised, and what had been asked for, when the power failed."""

import json
from dataclasses import dataclass, field

from .recording import Event, Mark


@dataclass
class JobFacts:
    """Of one job, by its name."""

    is_acknowledged: bool = False
    # None for a drop-in.
    id: str | None = None
    begins: int = 0
    asked: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    # What a waiter was told about the last end that nobody has asked to undo.
    told: dict = field(default_factory=dict)

    def last_done(self) -> str | None:
        """The last verb, if nothing later was asked."""
        return self.did[-1] if self.did and self.did == self.asked else None


@dataclass
class Facts:
    has_spool: bool = False
    jobs: dict[str, JobFacts] = field(default_factory=dict)

    def of(self, name: str) -> JobFacts:
        return self.jobs.setdefault(name, JobFacts())


def gather(events: list[Event]) -> Facts:
    facts = Facts()
    for event in events:
        if isinstance(event, Mark):
            _take(facts, event.text)
    return facts


def _take(facts: Facts, text: str) -> None:
    words = text.split(" ", 2)
    match words:
        case ["did", "init"]:
            facts.has_spool = True
        case ["did", "submit", rest]:
            name, identifier = rest.split()
            facts.of(name).is_acknowledged = True
            facts.of(name).id = identifier
        case ["did", "drop", name]:
            facts.of(name).is_acknowledged = True
        case ["began", name, _]:
            facts.of(name).begins += 1
        case ["asks", verb, name]:
            facts.of(name).asked.append(verb)
            if verb == "retry":
                facts.of(name).told = {}
        case ["did", verb, name]:
            facts.of(name).did.append(verb)
        case ["told", name, told]:
            facts.of(name).told |= json.loads(told)
        case _:
            raise ValueError(f"an unknown mark: {text}")


def begins_by_name(lines: list[str]) -> dict[str, int]:
    """From the marks that the jobs of a recovery have left."""
    counts: dict[str, int] = {}
    for line in lines:
        name = line.split(" ")[1]
        counts[name] = counts.get(name, 0) + 1
    return counts
