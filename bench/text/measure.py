"""Searching for each text in other words, and having each routed."""

import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.services import routing, similar
from bench.text.sets import Text, TextSet
from bench.text.town import Town
from bench.text.variants import VARIANTS

SECRET = "nobody is asked who they are"  # noqa: S105 - a caller is never hashed here
FOUND_AT = 5


@dataclass
class Measured:
    """What one set of texts gave."""

    name: str
    texts: int
    found: dict[tuple[str, str], float] = field(default_factory=dict)
    """Recall at 5 by what is on offer and the kind of other words."""
    routed: dict[str, float] = field(default_factory=dict)
    """Accuracy by what was known."""
    unrouted: float = 0.0
    times_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


async def search(town: Town, texts: TextSet, among: str, measured: Measured) -> None:
    """Put every text among the others, then look for each as somebody next door would tell it."""
    placed = await town.add(texts.texts, None if texts.are_labels_ours else "property")
    chance = random.Random(len(texts.texts))  # noqa: S311 - the same noise each time
    pairs = list(zip(placed, texts.texts, strict=True))
    for kind in (*VARIANTS, "paraphrase"):
        hits: list[bool] = []
        for (complaint_id, grid_id), text in pairs:
            told = _retell(text, kind, chance)
            if told is not None:
                hits.append(await _is_found(town, complaint_id, grid_id, told, measured.times_ms[among]))
        if hits:
            measured.found[among, kind] = sum(hits) / len(hits)
    await town.remove([complaint_id for complaint_id, _ in placed])


def _retell(text: Text, kind: str, chance: random.Random) -> tuple[str, str] | None:
    if kind == "paraphrase":
        return None if text.other_title is None or text.other_body is None else (text.other_title, text.other_body)
    return VARIANTS[kind](text.title, chance), VARIANTS[kind](text.body, chance)


async def _is_found(
    town: Town, complaint_id: UUID, grid_id: UUID, told: tuple[str, str], times_ms: list[float]
) -> bool:
    began = time.perf_counter()
    proposal = await routing.propose(town.connection, grid_id, *told)
    cards = await similar.find(
        town.connection, SECRET, None, area_id=grid_id, title=told[0], body=told[1], category=proposal.category
    )
    times_ms.append((time.perf_counter() - began) * 1000)
    return str(complaint_id) in {card["id"] for card in cards[:FOUND_AT]}


async def route(town: Town, texts: TextSet, measured: Measured) -> None:
    """Have every text routed by the word lists; where labels are ours, also after learning from the other half."""
    everything = list(texts.texts)
    right, none = await _accuracy(town, texts, everything)
    measured.routed["the word lists alone"], measured.unrouted = right, none
    if not texts.are_labels_ours:
        return
    retold = [Text(text.label, text.other_title or "", text.other_body or "") for text in everything]
    measured.routed["the word lists alone, paraphrases"], _ = await _accuracy(town, texts, retold)
    halves = everything[::2], everything[1::2]
    shares = []
    for seen, unseen in (halves, halves[::-1]):
        placed = await town.add(seen, None, status="accepted")
        await routing.learn(town.connection, len(placed))
        shares.append((await _accuracy(town, texts, unseen))[0] * len(unseen))
        await town.remove([complaint_id for complaint_id, _ in placed])
    measured.routed["after staff dealt with the other half"] = sum(shares) / len(everything)


async def _accuracy(town: Town, texts: TextSet, asked: Sequence[Text]) -> tuple[float, float]:
    """Return the shares of those routed rightly and of those not routed at all (``other`` is right to be none)."""
    grid_id = town.communities[0][0][-1]
    right = none = 0
    for text in asked:
        proposal = await routing.propose(town.connection, grid_id, text.title, text.body)
        category = proposal.category or "other"
        none += proposal.category is None
        right += texts.labels.get(category, category) == text.label
    return right / len(asked), none / len(asked)
