"""Shops with their offers and vouchers."""

from typing import Any
from uuid import UUID

from app import ledger
from app.core.db import insert
from app.core.ids import new_id
from app.domain.kinds import OfferKind
from app.domain.lifecycle import Party
from app.domain.lifecycles import MERCHANT
from app.models import Area, Clerk, Merchant, Offer
from app.services import transitions
from app.services.transitions import Mover
from tests.factories.forms import new_licence_number
from tests.factories.ground import Ground
from tests.people import Person


class Shops(Ground):
    """A district in which points are spent."""

    async def listed_shop(self, person: Any) -> UUID:
        """Make a shop that stands on the alliance's list with a person who has not been recognised."""
        merchant = Merchant(
            id=new_id(),
            person_id=person["id"],
            area_id=self.district.id,
            name="小面馆",
            licence_number=new_licence_number(),
            status="approved",
        )
        async with self.database.transaction() as connection:
            await insert(connection, merchant)
            await ledger.open_merchant(connection, merchant.id)
            await transitions.log_creation(connection, MERCHANT, merchant.id, transitions.SYSTEM)
        return merchant.id

    async def shop(self, owner: Person, status: str = "approved", *, area: Area | None = None) -> UUID:
        """Make a shop with its owner as clerk."""
        merchant = Merchant(
            id=new_id(),
            owner_id=owner.id,
            area_id=(area or self.district).id,
            name="小面馆",
            licence_number=new_licence_number(),
            documents='[{"title": "营业执照", "reference": "档案柜 3-12"}]',
            status=status,
        )
        async with self.database.transaction() as connection:
            await insert(connection, merchant)
            await insert(connection, Clerk(id=new_id(), merchant_id=merchant.id, user_id=owner.id))
            await ledger.open_merchant(connection, merchant.id)
            await transitions.log_creation(connection, MERCHANT, merchant.id, Mover(Party.AUTHOR, owner.id))
        return merchant.id

    async def clerk(self, owner: Person, merchant_id: UUID, person: Person | None = None) -> Person:
        """Have somebody join a shop by its owner's code, through the API."""
        person = person or await self.person()
        shown = await self.api.post(f"/v1/merchants/{merchant_id}/invites", owner)
        assert shown.status_code == 201, shown.text
        form = {"code": shown.json()["code"]}
        joined = await self.api.post(f"/v1/merchants/{merchant_id}/clerks", person, form)
        assert joined.status_code == 201, joined.text
        return person

    async def offer(
        self,
        merchant_id: UUID,
        *,
        points: int = 5,
        stock: int = 10,
        status: str = "listed",
        area: Area | None = None,
        **more: Any,
    ) -> UUID:
        """Make an offer of a shop of the district, or of the area that the shop is in."""
        offer = Offer(
            id=new_id(),
            merchant_id=merchant_id,
            area_id=(area or self.district).id,
            kind=OfferKind.GOODS,
            title="小面一碗",
            description="微辣。",
            points=points,
            stock=stock,
            stock_left=stock,
            status=status,
            **more,
        )
        async with self.database.transaction() as connection:
            await insert(connection, offer)
        return offer.id

    async def voucher(self, holder: Person, offer_id: UUID) -> UUID:
        """Take a voucher through the API; return its id."""
        response = await self.api.post(f"/v1/offers/{offer_id}/vouchers", holder)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def code(self, holder: Person, voucher_id: UUID) -> str:
        """Return what the holder shows now."""
        response = await self.api.get(f"/v1/vouchers/{voucher_id}/code", holder)
        return str(response.json()["code"])

    async def redemption(self, clerk: Person, holder: Person, offer_id: UUID) -> UUID:
        """Take a voucher and have it scanned, through the API; return the redemption's id."""
        code = await self.code(holder, await self.voucher(holder, offer_id))
        response = await self.api.post("/v1/redemptions", clerk, {"code": code})
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])
