"""The texts to measure on: made-up complaints that were held out, and labelled real ones where somebody has them."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

TITLE_MAX, BODY_MAX = 60, 500
HELD_OUT = Path(__file__).with_name("heldout.csv")

OUTSIDE_LABELS: Mapping[str, str] = {
    "property": "城乡建设",
    "sanitation": "城乡建设",
    "lighting": "城乡建设",
    "roads": "城乡建设",
    "parking": "交通运输",
    "noise": "环境保护",
    "illegal_building": "城乡建设",
    "water": "城乡建设",
    "power": "城乡建设",
    "gas_heating": "城乡建设",
    "elevator_fire": "城乡建设",
    "pets_greenery": "城乡建设",
    "social_security": "劳动和社会保障",
    "education": "教育文体",
    "health": "卫生计生",
    "consumer": "商贸旅游",
    "pollution": "环境保护",
    "housing": "城乡建设",
}
"""Our categories in a taxonomy of ministries: where its second level names what ours does."""
UNSPLIT_LABELS: Mapping[str, str] = {"pollution": "sanitation", "housing": "property"}
"""Two categories that the held-out set knows as parts of others."""


@dataclass(frozen=True)
class Text:
    """One complaint: its label, its words, and other words for the same where somebody wrote them."""

    label: str
    title: str
    body: str
    other_title: str | None = None
    other_body: str | None = None


@dataclass(frozen=True)
class TextSet:
    """Texts with a name, and how our categories are called in it."""

    name: str
    texts: Collection[Text]
    labels: Mapping[str, str]
    are_labels_ours: bool


def held_out() -> TextSet:
    """Return the made-up complaints, each told twice."""
    texts = [
        Text(
            row["category"],
            row["original_title"][:TITLE_MAX],
            row["original_body"][:BODY_MAX],
            row["paraphrase_title"][:TITLE_MAX],
            row["paraphrase_body"][:BODY_MAX],
        )
        for row in _rows(HELD_OUT)
    ]
    return TextSet(HELD_OUT.name, texts, UNSPLIT_LABELS, are_labels_ours=True)


def labelled(path: Path) -> TextSet:
    """Return the complaints of a file with the columns title, detail and category."""
    texts = [
        Text(row["category"], row["title"].strip()[:TITLE_MAX], row["detail"].strip()[:BODY_MAX]) for row in _rows(path)
    ]
    return TextSet(
        path.name, [text for text in texts if text.title and text.body], OUTSIDE_LABELS, are_labels_ours=False
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
