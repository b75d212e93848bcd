"""Documents full of identifiers that differ in one character, and questions for those that are there and are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_PEOPLE = "Anna Bert Cleo Dirk Elsa Finn Gita Hugo Inga Jens".split()
_CAUSES = (
    "a loose cable", "a full disk", "an expired licence", "a wrong password", "a broken fan", "a slow network",
    "a missing driver", "a dead battery", "a cracked screen", "a faulty switch",
)  # fmt: skip
_PARTS = "Gasket Bearing Spring Filter Hose Clamp Nozzle Valve Sensor Relay".split()
_TOWNS = "Lund Ystad Malmo Kalmar Visby Falun Umea Gavle Boras Skara".split()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question for an identifier, and the value that stands beside it; None where there is no such identifier."""

    text: str
    identifier: str
    value: str | None


def documents() -> dict[str, str]:
    """The documents, by the names of their files."""
    tickets = "\n\n".join(
        f"Ticket {_ticket(n)} was opened by {_PEOPLE[n]}. The cause was {_CAUSES[n]}." for n in range(10)
    )
    parts = "\n".join(f"{_part(n)},{_PARTS[n]},{3 * n + 10}.50" for n in range(10))
    rows = "\n".join(f"| {_contract(n)} | {_TOWNS[n]} | {1200 + 75 * n} |" for n in range(10))
    orders = "\n".join(f"{_order(n)}: sent to {_TOWNS[9 - n]}." for n in range(10))
    return {
        "tickets.md": f"# Tickets of the help desk\n\n{tickets}\n",
        "parts.csv": f"Part,Description,Price\n{parts}\n",
        "contracts.md": f"# Contracts\n\n| Contract | Town | Rent |\n|---|---|---|\n{rows}\n",
        "orders.txt": f"Orders of this week\n\n{orders}\n",
    }


def lookups() -> Iterator[Lookup]:
    """Forty questions, half of them for identifiers that no document has."""
    for n in (*range(0, 10, 2), *range(1, 10, 2)):
        for question, known, value in (
            ("Who opened ticket {}?", _ticket(n), _PEOPLE[n]),
            ("What does part {} cost?", _part(n), f"{3 * n + 10}.50"),
            ("What is the rent of contract {}?", _contract(n), str(1200 + 75 * n)),
            ("Where was {} sent?", _order(n), _TOWNS[9 - n]),
        ):
            is_there = n % 2 == 0
            identifier = known if is_there else _other(known)
            yield Lookup(question.format(identifier), identifier, value if is_there else None)


def _ticket(n: int) -> str:
    return f"T-44{10 + n}"


def _part(n: int) -> str:
    return f"PX-20{n}/B"


def _contract(n: int) -> str:
    return f"2024-{310 + 7 * n}"


def _order(n: int) -> str:
    return f"AX{7130 + n}K"


def _other(identifier: str) -> str:
    """An identifier that differs in one digit from one that is there, and is not there itself."""
    return identifier.replace("44", "45").replace("PX-20", "PX-30").replace("2024-", "2023-").replace("AX7", "AX8")
