"""Complaints of our own writing, each told twice in different words: what reading them was tuned on."""

import csv
from dataclasses import dataclass
from pathlib import Path

from app.domain import words
from app.domain.likeness import Reading, read

FILE = Path(__file__).with_name("complaints.csv")


@dataclass(frozen=True)
class Written:
    """One complaint as two people tell it."""

    category: str
    title: str
    body: str
    other_title: str
    other_body: str

    @property
    def reading(self) -> Reading:
        return read(self.title, self.body)

    @property
    def other_reading(self) -> Reading:
        return read(self.other_title, self.other_body)


def load() -> list[Written]:
    words.load()
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [Written(**row) for row in csv.DictReader(lines)]
