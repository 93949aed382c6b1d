"""Complaints and who answers them."""

from typing import Any
from uuid import UUID

from app.core.clock import now
from app.core.db import insert
from app.core.ids import new_id
from app.domain.caller import Caller
from app.domain.lifecycles import COMPLAINT, JOINT_CASE
from app.models import JointCase
from app.schemas.complaints import ComplaintIn
from app.services import transitions
from app.services.complaints import posting
from tests.factories.forms import COMPLAINT_FORMS, COMPLAINT_WAYS, DISPATCH_FORM
from tests.factories.ground import Ground
from tests.people import Person


class Complaints(Ground):
    """A district in which things go wrong."""

    async def complaint(self, author: Person | None = None, status: str = "open", **more: Any) -> UUID:
        """Make a complaint of the grid through the service, then put it where it shall be."""
        secret = self.settings.data_key.get_secret_value()
        person = author or await self.person()
        form = ComplaintIn(
            **{"area_id": self.grid.id, "category": "lighting", "title": "路灯坏了", "body": "三天没亮了。", **more}
        )
        caller = Caller(person.id)
        async with self.database.transaction() as connection:
            complaint_id = await posting.post(connection, secret, caller, form, more.get("area_id", self.grid.id))
            if status != "checking":
                action = "hold_check" if status == "reviewing" else "pass_check"
                await transitions.move(connection, COMPLAINT, complaint_id, action, transitions.SYSTEM)
        for action in COMPLAINT_WAYS.get(status, ()):
            response = await self.api.post(
                f"/v1/complaints/{complaint_id}/{action}",
                person if action in {"withdraw", "rate"} else self.staff,
                COMPLAINT_FORMS.get(action),
            )
            assert response.status_code == 200, response.text
        return complaint_id

    async def unit_worker(self, unit_id: UUID | None = None, person: Person | None = None) -> Person:
        """Have the administrator let somebody act for a unit, or for the world's own."""
        person = person or await self.person()
        path = f"/v1/units/{unit_id or self.unit_id}/workers"
        response = await self.api.post(path, self.administrator, {"user_id": str(person.id)})
        assert response.status_code == 201, response.text
        return person

    async def dispatch(self, complaint_id: UUID, *unit_ids: UUID, **more: Any) -> dict[UUID, UUID]:
        """Have staff hand an accepted complaint to units, the lead first; return the steps by unit."""
        lead, *others = unit_ids or [self.unit_id]
        form = {"lead_unit_id": str(lead), "co_unit_ids": [str(other) for other in others], **DISPATCH_FORM, **more}
        response = await self.api.post(f"/v1/complaints/{complaint_id}/dispatch", self.staff, form)
        assert response.status_code == 200, response.text
        return {UUID(part["unit"]["id"]): UUID(part["id"]) for part in response.json()["parts"]}

    async def joint_case(self, *complaint_ids: UUID, category: str = "noise") -> UUID:
        """Make an open joint case of the grid with these complaints, or put them into the one that is there."""
        find = "SELECT id FROM joint_case WHERE area_id = $1 AND category = $2 AND status = 'open'"
        case_id: UUID | None = await self.database.reads.fetchval(find, self.grid.id, category)
        async with self.database.transaction() as connection:
            if case_id is None:
                case = JointCase(id=new_id(), area_id=self.grid.id, category=category, opened_at=now())
                case_id = case.id
                await insert(connection, case)
                await transitions.log_creation(connection, JOINT_CASE, case_id, transitions.SYSTEM)
            await connection.execute("UPDATE complaint SET case_id = $1 WHERE id = ANY($2)", case_id, complaint_ids)
        return case_id

    async def called(self, complaint_id: UUID | None = None, **form: Any) -> UUID:
        """Have staff call helpers for an accepted complaint; return the id of the task, open or a draft."""
        complaint_id = complaint_id or await self.complaint(status="accepted")
        response = await self.api.post(f"/v1/complaints/{complaint_id}/call-helpers", self.staff, form)
        assert response.status_code == 200, response.text
        return UUID(response.json()["task"]["id"])
