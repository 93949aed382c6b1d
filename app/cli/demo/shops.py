"""Shops of the alliance, what they give for points, and the vouchers that people took."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.cli.demo import people, words
from app.cli.demo.town import Town
from app.cli.demo.words import OfferWords
from app.core.clock import local_date
from app.core.ids import new_id_at
from app.domain import codes, licence, months
from app.domain.kinds import TransferKind
from app.domain.lifecycle import Party
from app.ledger import Movement, Owner

Earned = dict[UUID, tuple[int, datetime]]
"""Points of each helper, and the moment of the last award."""

TAKEN_WITHIN_DAYS = 20
VOUCHERS_AMONG_A_HUNDRED_HELPERS = 40
STATEMENT_SHOPS = 6
STATEMENT_LINES = 3
# The fates of vouchers and how often each is met among ten.
FATES = {"settled": 6, "held": 3, "cancelled": 1}


@dataclass(slots=True)
class Offer:
    """Something to be had for points; the vouchers that were not given back are counted, by whom and today."""

    id: UUID
    merchant_id: UUID
    area_id: UUID
    clerk_id: UUID
    words: OfferWords
    listed: datetime
    takers: Counter[UUID] = field(default_factory=Counter)
    taken_today: int = 0

    def is_there_for(self, user_id: UUID, points: int) -> bool:
        """Whether somebody with so many points may have one more; a day's limit is beyond what the demo takes."""
        words = self.words
        is_within_limit = words.per_person is None or self.takers[user_id] < words.per_person
        return words.points <= points and self.takers.total() < words.stock and is_within_limit


def documents_of(kind: str, n: int) -> str:
    """Return the papers of the n-th shop as JSON."""
    titles = ("营业执照", words.PERMITS[kind]) if kind in words.PERMITS else ("营业执照",)
    return json.dumps(
        [{"title": title, "reference": f"商圈档案柜第 {n + 1:03} 盒"} for title in titles], ensure_ascii=False
    )


class ShopMaker:
    """Makes shops, offers and vouchers into a town's rows."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.offers: list[Offer] = []
        self.statement_shops: list[tuple[UUID, UUID]] = []
        """Shops that get a statement for the last month, with their owners."""

    def make(self, earned: Earned) -> Iterator[int]:
        """Make the shops of the size asked for, then spend some of what was ``earned``; yield how many shops."""
        town = self.town
        for n, owner_id in enumerate([town.id_of(people.OWNER), *town.owner_ids]):
            self._make_shop(n, owner_id, town.id_of(people.CLERK) if n == 0 else None)
        for fate in ("settled", "held"):
            self._take(town.id_of(people.MEMBER), self.offers[0], earned, fate)
        self._settle_last_month(earned)
        for helper_id in town.helper_ids:
            if helper_id in earned and town.chance.randrange(100) < VOUCHERS_AMONG_A_HUNDRED_HELPERS:
                self._take_affordable(helper_id, earned, town.chance.choices(tuple(FATES), tuple(FATES.values()))[0])
        for offer in self.offers:
            what, taken = offer.words, offer.takers.total()
            town.rows.add(
                *("offer", offer.id, offer.merchant_id, offer.area_id, what.kind, what.title, what.description),
                *(what.terms, what.points, what.stock, what.stock - taken, what.per_person, what.per_day),
                *(local_date(town.now), offer.taken_today, what.opening_hours, "listed", offer.listed, offer.listed),
            )
            for user_id, count in offer.takers.items():
                town.rows.add("offer_taker", offer.id, user_id, count)
        yield town.size.merchants

    def _make_shop(self, n: int, owner_id: UUID, clerk_id: UUID | None) -> None:
        town = self.town
        kind, offers = words.SHOPS[n % len(words.SHOPS)]
        stem = words.SHOP_STEMS[n // len(words.SHOPS) % len(words.SHOP_STEMS)] if n else words.SHOP_STEMS[0]
        area = town.communities[n % len(town.communities)]
        applied = town.founded + timedelta(days=60, minutes=n)
        merchant_id = new_id_at(applied)
        if n < STATEMENT_SHOPS:
            self.statement_shops.append((merchant_id, owner_id))
        owner = (Party.AUTHOR, owner_id)
        town.rows.add(
            *("merchant", merchant_id, owner_id, area.id, f"{stem}{kind}"),
            *(self._licence_number(), documents_of(kind, n), "approved", applied),
        )
        town.rows.new_merchants.append(Owner(merchant_id, applied))
        town.rows.log("merchant", merchant_id, "create", (None, "applied"), owner, applied)
        approved = applied + timedelta(days=1)
        alliance = (Party.ALLIANCE, town.id_of(people.ALLIANCE))
        town.rows.log("merchant", merchant_id, "approve", ("applied", "approved"), alliance, approved)
        town.rows.add("clerk", new_id_at(applied), merchant_id, owner_id, applied)
        if clerk_id is not None:
            added = approved + timedelta(hours=2)
            row_id = new_id_at(added)
            town.rows.add("clerk", row_id, merchant_id, clerk_id, added)
            town.rows.log("clerk", row_id, "join", (None, "active"), (Party.CLERK, clerk_id), added)
        for k, what in enumerate(offers):
            listed = approved + timedelta(hours=3, minutes=k)
            offer_id = new_id_at(listed)
            shop = (merchant_id, area.id, clerk_id or owner_id)
            self.offers.append(Offer(offer_id, *shop, what, listed))
            town.rows.log("offer", offer_id, "create", (None, "checking"), owner, listed)
            checked = listed + timedelta(seconds=2)
            system = (Party.SYSTEM, None)
            town.rows.log("offer", offer_id, "pass_check", ("checking", "listed"), system, checked)

    def _licence_number(self) -> str:
        """Return a licence number of a one-man business in a place that is not there, with its check character."""
        serial = "".join(self.town.chance.choices(licence.ALPHABET, k=7))
        first = f"92990000MA{serial}"
        return first + licence.check_character(first)

    def _settle_last_month(self, earned: Earned) -> None:
        """Have helpers who had points by then spend them last month, at the shops that get a statement, in turn."""
        town = self.town
        first, end = months.bounds(months.before(months.of(local_date(town.now))))
        able = [
            helper_id
            for helper_id in town.helper_ids
            if helper_id in earned
            and helper_id not in town.named.values()
            and earned[helper_id][1] < end - timedelta(days=2)
        ]
        for n, helper_id in enumerate(able[: STATEMENT_SHOPS * STATEMENT_LINES]):
            merchant_id, _ = self.statement_shops[n % len(self.statement_shops)]
            points, last = earned[helper_id]
            for offer in self.offers:
                if offer.merchant_id == merchant_id and offer.is_there_for(helper_id, points):
                    self._take(helper_id, offer, earned, "settled", between=(max(first, last), end))
                    break

    def _take_affordable(self, user_id: UUID, earned: Earned, fate: str) -> None:
        points, _ = earned[user_id]
        affordable = [offer for offer in self._some_offers() if offer.is_there_for(user_id, points)]
        if affordable:
            self._take(user_id, affordable[0], earned, fate)

    def _some_offers(self) -> list[Offer]:
        return self.town.chance.sample(self.offers, min(4, len(self.offers)))

    def _take(
        self,
        user_id: UUID,
        offer: Offer,
        earned: Earned,
        fate: str,
        *,
        between: tuple[datetime, datetime] | None = None,
    ) -> None:
        """Make a voucher of ``offer`` that came to ``fate``, with its events, its scan and its movements of points."""
        town, what = self.town, offer.words
        points, last = earned[user_id]
        earliest, latest = between or (max(last, town.now - timedelta(days=TAKEN_WITHIN_DAYS)), town.now)
        taken = earliest + (latest - earliest) * town.chance.uniform(0.1, 0.5)
        closed = taken + (latest - taken) * town.chance.uniform(0.1, 0.5)
        voucher_id = new_id_at(taken)
        holder = (Party.AUTHOR, user_id)
        town.rows.add(
            *("voucher", voucher_id, offer.id, offer.merchant_id, user_id, codes.new_handle()),
            *(what.kind, what.title, what.terms, what.points, fate),
            *(taken + timedelta(days=town.settings.voucher_days), taken),
        )
        town.rows.log("voucher", voucher_id, "create", (None, "held"), holder, taken)
        move = town.rows.movements.append
        move(Movement(TransferKind.HOLD, user_id, what.points, voucher_id, taken))
        if fate == "cancelled":
            town.rows.log("voucher", voucher_id, "cancel", ("held", "cancelled"), holder, closed)
            move(Movement(TransferKind.RELEASE, user_id, what.points, voucher_id, closed))
        else:
            offer.takers[user_id] += 1
            offer.taken_today += local_date(taken) == local_date(town.now)
            earned[user_id] = (points - what.points, taken)
        if fate == "settled":
            clerk = (Party.CLERK, offer.clerk_id)
            town.rows.log("voucher", voucher_id, "settle", ("held", "settled"), clerk, closed)
            town.rows.add(
                *("redemption", new_id_at(closed), voucher_id, offer.merchant_id, offer.clerk_id),
                *(codes.step_number(closed), False, closed, closed),
            )
            move(Movement(TransferKind.SETTLE, user_id, what.points, voucher_id, closed, offer.merchant_id))
