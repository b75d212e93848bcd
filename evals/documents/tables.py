"""Three tables as people write them, and twenty-four questions for their cells.

One has merged cells, one heads in two rows, one empty cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from evals.documents.writers import Table

SHIFTS = Table(
    "Shifts at the hospital",
    [
        ["Ward", "Shift", "Nurse", "Doctor"],
        [("Surgery", 1, 2), "Early", "Lotte Falk", "Ines Brandt"],
        ["Late", "Milan Rus", "Tobi Oduya"],
        [("Children", 1, 2), "Early", "Petra Vos", "Sam Ito"],
        ["Late", "Aron Beck", "Nora Quist"],
        [("Maternity", 1, 2), "Early", "Dana Holt", "Kofi Mensah"],
        ["Late", "Ruth Sandberg", "Paul Weir"],
    ],
)
MATERIAL = Table(
    "Material of the building site in tonnes",
    [
        [("Material", 1, 2), ("Q1", 2, 1), ("Q2", 2, 1)],
        ["Plan", "Actual", "Plan", "Actual"],
        ["Timber", "120", "134", "90", "87"],
        ["Copper", "56", "53", "61", "70"],
        ["Glass", "33", "29", "41", "44"],
        ["Steel", "410", "398", "385", "402"],
    ],
)
TOURS = Table(
    "Tours of the summer",
    [
        ["Tour", "Guide", "Price (EUR)", "Seats", "Departs"],
        ["Glacier walk", "Ola Lind", "85", "12", "08:30"],
        ["Harbour cruise", "Mia Storm", "40", "", "10:15"],
        ["Night hike", "Jon Ek", "", "16", "21:00"],
        ["Castle visit", "", "25", "30", "14:45"],
        ["Cave tour", "Eva Dahl", "55", "8", ""],
    ],
)


@dataclass(frozen=True, slots=True)
class CellQuestion:
    """A question for the cell under `head` in the row that has all the values of `row`; `value` is empty if it is."""

    table: Table
    text: str
    row: tuple[str, ...]
    head: str
    value: str


def _shift(text: str, ward: str, shift: str, head: str, value: str) -> CellQuestion:
    return CellQuestion(SHIFTS, text, (ward, shift), head, value)


def _material(text: str, material: str, head: str, value: str) -> CellQuestion:
    return CellQuestion(MATERIAL, text, (material,), head, value)


def _tour(text: str, tour: str, head: str, value: str) -> CellQuestion:
    return CellQuestion(TOURS, text, (tour,), head, value)


QUESTIONS = (
    _shift("Who is the nurse on the late shift in the Children ward?", "Children", "Late", "Nurse", "Aron Beck"),
    _shift("Who is the nurse on the early shift in Surgery?", "Surgery", "Early", "Nurse", "Lotte Falk"),
    _shift("Which doctor works the late shift in Surgery?", "Surgery", "Late", "Doctor", "Tobi Oduya"),
    _shift("Which doctor has the early shift in Maternity?", "Maternity", "Early", "Doctor", "Kofi Mensah"),
    _shift("Who is the nurse in Maternity on the late shift?", "Maternity", "Late", "Nurse", "Ruth Sandberg"),
    _shift("Who is the doctor on the early shift in the Children ward?", "Children", "Early", "Doctor", "Sam Ito"),
    _shift("In which ward does Petra Vos work?", "Children", "Early", "Ward", "Children"),
    _shift("Which shift does Milan Rus have?", "Surgery", "Late", "Shift", "Late"),
    _material("What was the actual amount of timber in Q2?", "Timber", "Q2 · Actual", "87"),
    _material("How much copper was planned for Q1?", "Copper", "Q1 · Plan", "56"),
    _material("What was the plan for glass in Q2?", "Glass", "Q2 · Plan", "41"),
    _material("What was the actual amount of glass in Q1?", "Glass", "Q1 · Actual", "29"),
    _material("How many tonnes of copper were actually used in Q2?", "Copper", "Q2 · Actual", "70"),
    _material("How much steel was planned in Q1?", "Steel", "Q1 · Plan", "410"),
    _material("What was the actual figure for steel in Q1?", "Steel", "Q1 · Actual", "398"),
    _material("What is the plan for timber in Q1?", "Timber", "Q1 · Plan", "120"),
    _tour("What is the price of the glacier walk?", "Glacier walk", "Price (EUR)", "85"),
    _tour("Who guides the harbour cruise?", "Harbour cruise", "Guide", "Mia Storm"),
    _tour("When does the castle visit depart?", "Castle visit", "Departs", "14:45"),
    _tour("Which tour does Ola Lind guide?", "Glacier walk", "Tour", "Glacier walk"),
    _tour("How much does the night hike cost?", "Night hike", "Price (EUR)", ""),
    _tour("Who is the guide of the castle visit?", "Castle visit", "Guide", ""),
    _tour("How many seats does the harbour cruise have?", "Harbour cruise", "Seats", ""),
    _tour("When does the cave tour depart?", "Cave tour", "Departs", ""),
)
