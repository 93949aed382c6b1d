"""Units at work on complaints of the demo district (联办): who was handed what, and what each answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from app.cli.demo.complaint_course import Course
from app.cli.demo.rows import Rows
from app.core.ids import new_id_at
from app.domain.lifecycle import Party

PROMPT = timedelta(days=5)
INSTRUCTIONS = "请到现场查看并处理，完成后填写结果。"
UNIT_ANSWERS = ("已到现场处理完毕，附近同类问题一并检查过。", "属于我单位的部分已修好，请牵头单位复核。")


@dataclass(slots=True)
class UnitStep:
    """What one unit has to do; it answers at ``answered_at``, if ever."""

    id: UUID
    unit_id: UUID
    is_lead: bool
    dispatched: datetime
    dispatched_by: UUID
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    answer: str | None = None


def hand_out(course: Course, moment: datetime, staff_id: UUID) -> list[UnitStep]:
    """Return a step for each unit of the complaint, the lead's first."""
    return [
        UnitStep(new_id_at(moment), unit_id, place == 0, moment, staff_id)
        for place, unit_id in enumerate(course.unit_ids)
    ]


def let_answer(
    steps: Sequence[UnitStep], course: Course, workers: dict[UUID, UUID], chance: Random, now: datetime
) -> None:
    """Let the units answer early in the time that there is, as far as that lies before now."""
    for place, step in enumerate(steps):
        left = min(course.dues.answer_due_at - step.dispatched, PROMPT)
        moment = step.dispatched + left * chance.uniform(0.05, 0.45)
        if moment <= now:
            step.answered_at, step.answered_by = moment, workers[step.unit_id]
            step.answer = UNIT_ANSWERS[place % len(UNIT_ANSWERS)]


def write(rows: Rows, course: Course, steps: Sequence[UnitStep]) -> None:
    """Add the rows of the steps and their events; the complaint's answer tells those that were given before it."""
    for step in steps:
        status = "answered" if step.answer else "assigned"
        is_told = bool(step.answered_at and course.answered_at and step.answered_at <= course.answered_at)
        rows.add(
            *("complaint_step", step.id, course.id, step.unit_id, step.is_lead, status, INSTRUCTIONS, step.answer),
            *(step.answered_at, step.answered_by, is_told, step.dispatched),
        )
        staff = (Party.STAFF, step.dispatched_by)
        rows.log("complaint_step", step.id, "create", (None, "assigned"), staff, step.dispatched)
        if step.answered_at is not None:
            unit = (Party.UNIT, step.answered_by)
            rows.log("complaint_step", step.id, "answer", ("assigned", "answered"), unit, step.answered_at)
