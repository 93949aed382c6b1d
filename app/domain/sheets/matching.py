"""The best way to pair two groups, each of one with at most one of the other (pure)."""

from collections.abc import Sequence

_INFINITE = float("inf")


def assign(scores: Sequence[Sequence[float]]) -> list[int | None]:
    """Return for each row the column that makes the sum of scores largest, each column once; None where it is 0.

    The Hungarian method with prices: rows · rows · columns steps (Kuhn 1955; Jonker and Volgenant 1987).
    """
    columns = len(scores[0]) if scores else 0
    if not columns:
        return [None] * len(scores)
    pairing = _Pairing(scores)
    for row in range(1, len(scores) + 1):
        pairing.add(row)
    found: list[int | None] = [None] * len(scores)
    for column in range(1, columns + 1):
        row = pairing.holders[column]
        if row and scores[row - 1][column - 1] > 0:
            found[row - 1] = column - 1
    return found


class _Pairing:
    """Rows and columns counted from 1. Each row could stay without one: in a column of its own that costs nothing."""

    def __init__(self, scores: Sequence[Sequence[float]]) -> None:
        self.scores = scores
        self.real = len(scores[0])
        self.width = self.real + len(scores)
        self.row_prices = [0.0] * (len(scores) + 1)
        self.column_prices = [0.0] * (self.width + 1)
        self.holders = [0] * (self.width + 1)
        """Which row holds a column; 0 is nobody."""

    def add(self, row: int) -> None:
        """Find a column for one more row, moving others where that is better."""
        best, way, seen = [_INFINITE] * (self.width + 1), [0] * (self.width + 1), {0}
        self.holders[0] = row
        current = 0
        while self.holders[current]:
            seen.add(current)
            following = self._look(current, best, way, seen)
            self._pay(best[following], best, seen)
            current = following
        while current:
            self.holders[current] = self.holders[way[current]]
            current = way[current]

    def _look(self, current: int, best: list[float], way: list[int], seen: set[int]) -> int:
        """Return the cheapest column that was not looked at yet."""
        row = self.holders[current]
        for column in range(1, self.width + 1):
            if column not in seen:
                cost = -self.scores[row - 1][column - 1] if column <= self.real else 0.0
                price = cost - self.row_prices[row] - self.column_prices[column]
                if price < best[column]:
                    best[column], way[column] = price, current
        return min((column for column in range(1, self.width + 1) if column not in seen), key=best.__getitem__)

    def _pay(self, step: float, best: list[float], seen: set[int]) -> None:
        for column in range(self.width + 1):
            if column in seen:
                self.row_prices[self.holders[column]] += step
                self.column_prices[column] -= step
            else:
                best[column] -= step
