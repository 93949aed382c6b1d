"""What the ledger must say, in plain Python: a few lines a verb, no database, lots in the order they expire in."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID


class Account(NamedTuple):
    kind: str
    owner_id: UUID | None = None
    expires_on: date | None = None
    available_on: date | None = None


Lots = list[tuple[Account, int]]
ISSUER, MANUAL, PAID, EXPIRED = (Account(kind) for kind in ("issuer", "manual", "paid", "expired"))


class RefusedError(Exception):
    """The ledger must refuse this, and nothing may have changed."""


class Model:
    """The books on ``day``; each verb returns the points that it moved."""

    def __init__(self, day: date, user_ids: Collection[UUID], shop_ids: Collection[UUID]) -> None:
        self.day = day
        self.points: dict[Account, int] = {}
        """Every account, in the order in which they were opened."""
        self.moves: Counter[Account] = Counter()
        self.used: set[tuple[str, UUID]] = set()
        self.holds: dict[UUID, Lots] = {}
        self.shops: dict[UUID, Account] = {}
        self.closed: set[tuple[str, UUID]] = set()
        """Holds that were settled or released, settlements that were reversed or paid."""
        for account in (ISSUER, MANUAL, PAID, EXPIRED):
            self.open(account)
        for user_id in user_ids:
            self.open(Account("wallet", user_id))
            self.open(Account("held", user_id))
        for shop_id in shop_ids:
            self.open(Account("merchant", shop_id))

    def open(self, account: Account) -> Account:
        self.points.setdefault(account, 0)
        return account

    def move(self, debit: Account, credit: Account, points: int) -> int:
        for account, change in ((debit, -points), (credit, points)):
            self.points[self.open(account)] += change
            self.moves[account] += 1
        return points

    def give(self, kind: str, debit: Account, credit: Account, points: int, reference_id: UUID) -> int:
        require(points > 0 and (kind, reference_id) not in self.used)
        self.used.add((kind, reference_id))
        return self.move(debit, credit, points)

    def award(self, account: Account, points: int, claim_id: UUID) -> int:
        return self.give("award", ISSUER, account, points, claim_id)

    def adjust_up(self, account: Account, points: int, adjustment_id: UUID) -> int:
        return self.give("adjust_up", MANUAL, account, points, adjustment_id)

    def mature(self, waiting: Account) -> int:
        points = self.points[waiting]
        assert waiting.available_on is not None
        require(not points or waiting.available_on <= self.day)
        wallet = self.open(Account("wallet", waiting.owner_id, waiting.expires_on))
        return self.move(waiting, wallet, points) if points else 0

    def expire(self, wallet: Account) -> int:
        points = self.points[wallet]
        require(not points or (wallet.expires_on is not None and wallet.expires_on < self.day))
        return self.move(wallet, EXPIRED, points) if points else 0

    def draw(self, kind: str, user_id: UUID, points: int, reference_id: UUID, credit: Account, today: date) -> Lots:
        kinds = {"waiting", "wallet"} if kind == "take_back" else {"wallet"}
        lots = [lot for lot in self.points if lot.owner_id == user_id and lot.kind in kinds and is_good(lot, today)]
        lots.sort(key=lambda lot: (lot.kind, lot.expires_on or date.max))
        require(points > 0)
        drawn, missing = [], points
        for lot in lots:
            part = min(missing, self.points[lot])
            drawn += [(lot, part)] if part else []
            missing -= part
        require(not missing or kind == "take_back")
        require(not drawn or (kind, reference_id) not in self.used)
        require(kind == "take_back" or all(is_good(lot, self.day) for lot, _ in drawn))
        for lot, part in drawn:
            self.move(lot, credit, part)
            self.used.add((kind, reference_id))
        return drawn

    def hold(self, user_id: UUID, points: int, voucher_id: UUID, today: date) -> int:
        drawn = self.draw("hold", user_id, points, voucher_id, Account("held", user_id), today)
        self.holds[voucher_id] = drawn
        return size(drawn)

    def adjust_down(self, user_id: UUID, points: int, adjustment_id: UUID, today: date) -> int:
        return size(self.draw("adjust_down", user_id, points, adjustment_id, MANUAL, today))

    def donate(self, user_id: UUID, points: int, donation_id: UUID, area_id: UUID, today: date) -> int:
        return size(self.draw("donate", user_id, points, donation_id, Account("fund", area_id), today))

    def take_back(self, user_id: UUID, points: int, reversal_id: UUID, today: date) -> int:
        return size(self.draw("take_back", user_id, points, reversal_id, ISSUER, today))

    def close(self, what: str, voucher_id: UUID) -> Lots:
        legs = self.holds.get(voucher_id, [])
        require(not legs or (what, voucher_id) not in self.closed)
        if legs:
            self.closed.add((what, voucher_id))
        return legs

    def settle(self, voucher_id: UUID, shop_id: UUID) -> int:
        legs = self.close("hold", voucher_id)
        for lot, part in legs:
            self.shops[voucher_id] = Account("merchant", shop_id)
            self.move(Account("held", lot.owner_id), self.shops[voucher_id], part)
        return size(legs)

    def release(self, voucher_id: UUID, not_before: date | None) -> int:
        legs = self.close("hold", voucher_id)
        for lot, part in legs:
            self.move(Account("held", lot.owner_id), prolonged(lot, not_before), part)
        return size(legs)

    def reverse(self, voucher_id: UUID, not_before: date) -> int:
        require(voucher_id in self.shops or voucher_id not in self.holds)
        legs = self.close("settle", voucher_id)
        for lot, part in legs:
            self.move(self.shops[voucher_id], prolonged(lot, not_before), part)
        return size(legs)

    def pay(self, voucher_ids: Collection[UUID]) -> int:
        settled = set(voucher_ids) & self.shops.keys()
        require(all(("settle", voucher_id) not in self.closed for voucher_id in settled))
        return sum(
            self.move(self.shops[voucher_id], PAID, part)
            for voucher_id in settled
            for _, part in self.close("settle", voucher_id)
        )


def require(condition: bool) -> None:
    if not condition:
        raise RefusedError


def is_good(lot: Account, day: date) -> bool:
    return lot.expires_on is None or lot.expires_on >= day


def prolonged(lot: Account, not_before: date | None) -> Account:
    return lot if not_before is None or is_good(lot, not_before) else lot._replace(expires_on=not_before)


def size(lots: Lots) -> int:
    return sum(part for _, part in lots)
