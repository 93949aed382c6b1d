"""The one door through which a state changes: every state x action x party of every table, on real rows."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import pytest
from asyncpg import Connection

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.errors import Problem
from app.domain.lifecycle import Lifecycle, Party
from app.domain.lifecycles import (
    ADJUSTMENT,
    AREA_ORDER,
    ATTENDANCE,
    BRANCH,
    BRANCH_CANDIDACY,
    BRANCH_MEMBER,
    CALL_OUT,
    CLAIM,
    COMPLAINT,
    CONTENT_CHECK,
    ERRAND,
    IDENTIFICATION,
    IMPORT_RUN,
    JOINT_CASE,
    LENDING_LINE,
    LENDING_PLAN,
    LIFECYCLES,
    LOAN,
    LOAN_REQUEST,
    MEDIA,
    MEMBER,
    MERCHANT,
    OFFER,
    ORDER_PART,
    PLEDGE,
    RING,
    SETTLEMENT,
    SETTLEMENT_LINE,
    STEP,
    TASK,
    TASK_LIST,
    TASK_SERIES,
    TEAM,
    TEAM_MEMBER,
    VOLUNTEER,
    VOUCHER,
    WAITER,
    WISH,
)
from app.services import transitions
from app.services.transitions import Mover
from tests.api.scene import UNITS_FILE
from tests.branches import join, make_branch, stand
from tests.call_outs import ordered
from tests.domain.test_lifecycles import SUBSETS, actions_of, every_lifecycle
from tests.errands import make_errand
from tests.factories import World, make_member, person_of
from tests.lists import make_list
from tests.orders import order, reported, worker
from tests.pledges import make_pledge
from tests.ringing import make_ring
from tests.roster import new_contact
from tests.series import id_of, make_series
from tests.settlements import make_line as make_settlement_line
from tests.settlements import make_redemption, make_settlement
from tests.strength import lend, make_line, make_plan, make_request

LAST_YEAR = date(2025, 1, 1)
INSERT_CLAIM = "INSERT INTO claim (id, task_id, user_id, status, due_at) VALUES ($1, $2, $3, 'active', $4)"
INSERT_ATTENDANCE = """
    INSERT INTO attendance (id, status, is_by_staff, checked_in_at, planned_end_at, checked_out_at)
    VALUES ($1, 'present', true, $2, $2, $2)
"""
INSERT_WAITER = "INSERT INTO waiter (id, task_id, user_id, status) VALUES ($1, $2, $3, 'waiting')"
INSERT_VOLUNTEER = """
    INSERT INTO volunteer (id, person_id, home_area_id, skills, status) VALUES ($1, $2, $3, '{}', 'applied')
"""
INSERT_ADJUSTMENT = """
    INSERT INTO adjustment
        (id, user_id, area_id, kind, points, reason, document, proposed_by, status, decided_by, decided_at)
    VALUES ($1, $2, $3, 'correction', 5, '理由', '文件', $4, 'proposed', $5, now())
"""
INSERT_CHECK = """
    INSERT INTO content_check (id, subject_kind, subject_id, part, status) VALUES ($1, 'wish', $2, 'words', 'asked')
"""
LAST_EVENT = """
    SELECT action, from_state, to_state, actor_id, party FROM event
    WHERE subject_kind = $1 AND subject_id = $2 ORDER BY created_at DESC, id DESC LIMIT 1
"""


class UndoError(Exception):
    """Raised at the end of a transaction that shall leave nothing."""


def expected_problem(lifecycle: Lifecycle, state: str, action: str, parties: frozenset[Party]) -> str | None:
    """Read the table by hand: who may at all, then whether this state is one to start from."""
    rows = [row for row in lifecycle.transitions if row.action == action]
    if not any(party in row.who for row in rows for party in parties):
        return "own-interest" if parties & {Party.AUTHOR, Party.JOINER, Party.CLAIMANT} else "not-allowed"
    if not any(state in row.sources and party in row.who for row in rows for party in parties):
        return "state-conflict"
    return None


@every_lifecycle
def test_permit_names_the_right_problem_or_the_part_that_may(lifecycle: Lifecycle):
    for state in lifecycle.states:
        for action in actions_of(lifecycle):
            for parties in SUBSETS:
                problem = expected_problem(lifecycle, state, action, parties)
                if problem is None:
                    part = transitions.permit(lifecycle, state, action, parties)
                    row = lifecycle.find(state, action)
                    assert row is not None
                    assert part in row.who & parties
                else:
                    with pytest.raises(Problem) as refused:
                        transitions.permit(lifecycle, state, action, parties)
                    assert refused.value.type.code == problem, (state, action, parties)


async def a_wish(world: World) -> UUID:
    return await world.wish(await world.person())


async def a_complaint(world: World) -> UUID:
    """One that has an answer and somewhere to be merged into, since no other may be in every state."""
    into = await world.complaint()
    complaint_id = await world.complaint()
    await world.database.writes.execute(
        "UPDATE complaint SET answer = '好了', outcome = 'resolved', merged_into_id = $2 WHERE id = $1",
        complaint_id,
        into,
    )
    return complaint_id


async def an_errand(world: World) -> UUID:
    return await make_errand(world, await world.person())


async def a_step(world: World) -> UUID:
    """One whose answer is there, since no other may be answered."""
    [step_id] = (await world.dispatch(await world.complaint(status="accepted"))).values()
    await world.database.writes.execute(
        "UPDATE complaint_step SET answer = '好了', answered_at = now(), answered_by = $2 WHERE id = $1",
        step_id,
        world.staff.id,
    )
    return step_id


async def a_joint_case(world: World) -> UUID:
    return await world.joint_case()


async def a_task(world: World) -> UUID:
    return await world.task_of(await a_wish(world))


async def a_series(world: World) -> UUID:
    return UUID((await make_series(world))["id"])


async def a_list(world: World) -> UUID:
    """One that says when it was published, since no other may be."""
    list_id = id_of(await make_list(world))
    await world.database.writes.execute("UPDATE task_list SET published_at = now() WHERE id = $1", list_id)
    return list_id


async def a_claim(world: World) -> UUID:
    claim_id, task_id, helper = new_id(), await a_task(world), await world.helper()
    await world.database.writes.execute(INSERT_CLAIM, claim_id, task_id, helper.id, now())
    return claim_id


async def a_stay(world: World) -> UUID:
    """One that has an end, since no other may be in every state."""
    claim_id = await a_claim(world)
    await world.database.writes.execute(INSERT_ATTENDANCE, claim_id, now())
    return claim_id


async def a_waiter(world: World) -> UUID:
    waiter_id, task_id, helper = new_id(), await a_task(world), await world.helper()
    await world.database.writes.execute(INSERT_WAITER, waiter_id, task_id, helper.id)
    return waiter_id


async def a_pledge(world: World) -> UUID:
    return await make_pledge(world)


async def a_member(world: World) -> UUID:
    return await make_member(world.database, await world.person(), world.grid, world.unit_id, "applied")


async def a_volunteer(world: World) -> UUID:
    volunteer_id, person = new_id(), await world.person()
    person_id = await person_of(world.database, person)
    await world.database.writes.execute(INSERT_VOLUNTEER, volunteer_id, person_id, world.grid.id)
    return volunteer_id


async def an_identification(world: World) -> UUID:
    person, contact = await world.person(), new_contact()
    form = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
    response = await world.api.post("/v1/identifications", person, form)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def a_lending_line(world: World) -> UUID:
    return await make_line(world, await make_plan(world), world.grid, world.other_grid)


async def a_loan_request(world: World) -> UUID:
    return await make_request(world, await a_lending_line(world), await world.person())


async def a_loan(world: World) -> UUID:
    return await lend(world, world.grid, world.other_grid, await world.person())


async def a_team(world: World) -> UUID:
    return await world.team(await world.helper())


async def a_place_in_a_team(world: World) -> UUID:
    return await world.place_in_team(await a_team(world), await world.helper())


async def a_branch(world: World) -> UUID:
    return await make_branch(world)


async def a_place_in_a_branch(world: World) -> UUID:
    return await join(world, await a_branch(world), await world.helper())


async def a_candidacy(world: World) -> UUID:
    person = await world.helper()
    return await stand(world, await make_branch(world, None, person), person)


async def a_shop(world: World) -> UUID:
    return await world.shop(await world.person())


async def an_offer(world: World) -> UUID:
    return await world.offer(await a_shop(world))


async def a_voucher(world: World) -> UUID:
    return await world.voucher(await world.helper(points=5), await an_offer(world))


async def a_settlement(world: World) -> UUID:
    return await make_settlement(world, await a_shop(world), LAST_YEAR)


async def a_settlement_line(world: World) -> UUID:
    owner, holder = await world.person(), await world.helper(points=5)
    shop = await world.shop(owner)
    redemption = await make_redemption(world, owner, holder, await world.offer(shop))
    return await make_settlement_line(world, await make_settlement(world, shop, LAST_YEAR), redemption)


async def an_adjustment(world: World) -> UUID:
    """One that knows who decides, since no other may leave its first state."""
    adjustment_id, holder, decider = new_id(), await world.helper(), await world.person()
    await world.database.writes.execute(
        INSERT_ADJUSTMENT, adjustment_id, holder.id, world.grid.id, world.staff.id, decider.id
    )
    return adjustment_id


async def an_import(world: World) -> UUID:
    """One without its file and with a fault, since no other may be in every state."""
    import_id = await world.upload("units", UNITS_FILE)
    await world.database.writes.execute(
        "UPDATE import_run SET content = NULL, problem = 'file-damaged' WHERE id = $1", import_id
    )
    return import_id


async def a_picture(world: World) -> UUID:
    return await world.picture(await world.person())


async def a_call_out(world: World) -> UUID:
    """One that knows who confirms, since no other may be in every state."""
    call_out_id = await ordered(world)
    await world.database.writes.execute(
        "UPDATE call_out SET confirmed_by = $2, confirmed_at = now() WHERE id = $1",
        call_out_id,
        world.administrator.id,
    )
    return call_out_id


async def an_order(world: World) -> UUID:
    """One that says when it ended, since no other may be in every state."""
    order_id = await order(world)
    await world.database.writes.execute("UPDATE area_order SET ended_at = now() WHERE id = $1", order_id)
    return order_id


async def a_part_of_an_order(world: World) -> UUID:
    """One that was reported and knows who accepts it, since no other may be in every state."""
    part_id = await reported(world, await worker(world))
    await world.database.writes.execute(
        "UPDATE order_part SET accepted_by = $2, accepted_at = now() WHERE id = $1", part_id, world.staff.id
    )
    return part_id


async def a_check(world: World) -> UUID:
    check_id = new_id()
    await world.database.writes.execute(INSERT_CHECK, check_id, await a_wish(world))
    return check_id


MAKE: dict[str, Callable[[World], Awaitable[UUID]]] = {
    RING.subject: make_ring,
    WISH.subject: a_wish,
    CONTENT_CHECK.subject: a_check,
    COMPLAINT.subject: a_complaint,
    ERRAND.subject: an_errand,
    STEP.subject: a_step,
    JOINT_CASE.subject: a_joint_case,
    TASK.subject: a_task,
    TASK_SERIES.subject: a_series,
    TASK_LIST.subject: a_list,
    CLAIM.subject: a_claim,
    ATTENDANCE.subject: a_stay,
    WAITER.subject: a_waiter,
    PLEDGE.subject: a_pledge,
    MEMBER.subject: a_member,
    VOLUNTEER.subject: a_volunteer,
    IDENTIFICATION.subject: an_identification,
    TEAM.subject: a_team,
    TEAM_MEMBER.subject: a_place_in_a_team,
    BRANCH.subject: a_branch,
    BRANCH_MEMBER.subject: a_place_in_a_branch,
    BRANCH_CANDIDACY.subject: a_candidacy,
    MERCHANT.subject: a_shop,
    OFFER.subject: an_offer,
    VOUCHER.subject: a_voucher,
    SETTLEMENT.subject: a_settlement,
    SETTLEMENT_LINE.subject: a_settlement_line,
    ADJUSTMENT.subject: an_adjustment,
    CALL_OUT.subject: a_call_out,
    AREA_ORDER.subject: an_order,
    ORDER_PART.subject: a_part_of_an_order,
    IMPORT_RUN.subject: an_import,
    MEDIA.subject: a_picture,
    LENDING_PLAN.subject: make_plan,
    LENDING_LINE.subject: a_lending_line,
    LOAN_REQUEST.subject: a_loan_request,
    LOAN.subject: a_loan,
}


def test_every_lifecycle_is_tried():
    assert set(MAKE) == {lifecycle.subject for lifecycle in LIFECYCLES}


@every_lifecycle
async def test_a_row_moves_exactly_when_the_table_lets_it_with_one_event(
    lifecycle: Lifecycle, world: World, database: Database
):
    subject_id = await MAKE[lifecycle.subject](world)
    mover_id = (await world.person()).id
    tried = moved = 0
    with contextlib.suppress(UndoError):
        async with database.transaction() as connection:
            for state in lifecycle.states:
                for action in actions_of(lifecycle):
                    for party in Party:
                        mover = Mover(party, mover_id)
                        moved += await try_to_move(connection, lifecycle, subject_id, state, action, mover)
                        tried += 1
            raise UndoError
    assert tried == len(lifecycle.states) * len(actions_of(lifecycle)) * len(Party)
    assert moved == sum(len(row.sources) * len(row.who) for row in lifecycle.transitions)


async def try_to_move(
    connection: Connection, lifecycle: Lifecycle, subject_id: UUID, state: str, action: str, mover: Mover
) -> bool:
    """Put the row into ``state``, take ``action`` and hold what became of it against the table."""
    await connection.execute(f"UPDATE {lifecycle.subject} SET status = $2 WHERE id = $1", subject_id, state)
    events = await count_events(connection, subject_id)
    row = lifecycle.find(state, action)
    if mover.party not in lifecycle.parties_for(action):
        with pytest.raises(AssertionError, match="never takes"):
            await transitions.find_and_move(connection, lifecycle, subject_id, action, mover)
        found = None
    else:
        found = await transitions.find_and_move(connection, lifecycle, subject_id, action, mover)
    status = await connection.fetchval(f"SELECT status FROM {lifecycle.subject} WHERE id = $1", subject_id)
    added = await count_events(connection, subject_id) - events
    if row is None or mover.party not in row.who:
        assert (found, status, added) == (None, state, 0), (state, action, mover.party)
        return False
    assert found is not None
    assert (found["status"], status, added) == (row.target, row.target, 1), (state, action, mover.party)
    event = await connection.fetchrow(LAST_EVENT, lifecycle.subject, subject_id)
    assert tuple(event) == (action, state, row.target, mover.id, mover.party)
    return True


async def count_events(connection: Connection, subject_id: UUID) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM event WHERE subject_id = $1", subject_id))


async def test_move_says_that_somebody_was_first(world: World, database: Database):
    wish_id = await world.wish(await world.person(), "reviewing")
    with pytest.raises(Problem, match="state-conflict"):
        async with database.transaction() as connection:
            await transitions.move(connection, WISH, wish_id, "confirm", Mover(Party.AUTHOR))


async def test_a_note_and_changes_go_with_the_move(world: World, database: Database):
    wish_id = await world.wish(await world.person(), "checking")
    moment = now()
    async with database.transaction() as connection:
        row = await transitions.move(
            connection, WISH, wish_id, "hold_check", transitions.SYSTEM, note="等一等", changes={"published_at": moment}
        )
    assert row["published_at"] == moment
    note = await database.reads.fetchval(
        "SELECT note FROM event WHERE subject_id = $1 AND action = 'hold_check'", wish_id
    )
    assert note == "等一等"
