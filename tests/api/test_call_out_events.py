"""Watching call-outs: server-sent events, one reading for all who watch, nothing while nobody does."""

from uuid import UUID

from fastapi import FastAPI

from app.domain.caller import Role
from app.services.call_outs.board import Board
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.app_parts import running_with
from tests.call_outs import end, gathering, ordered, say, watching
from tests.factories import World


async def once_more(world: World, call_out_id: UUID) -> list[str]:
    """Return the names of the events of a call-out that is over."""
    async with watching(world, world.staff, call_out_id) as stream:
        return [(await stream.next_event())[0] for _ in range(3)]


class TestEvents:
    async def test_counts_now_then_as_they_change_until_it_is_over(self, world: World):
        helper, other = await world.helpers(2)
        officer = await world.holder(Role.STAFF, world.other_grid)
        call_out_id = await gathering(world)
        async with (
            watching(world, world.staff, call_out_id) as stream,
            watching(world, officer, call_out_id) as elsewhere,
        ):
            name, counts = await stream.next_event()
            assert (name, counts["called"], counts["coming"]) == ("counts", 3, 0)
            assert (await elsewhere.next_event())[1]["called"] == 0, "not of their grid"
            await say(world, helper, call_out_id, "coming")
            assert (await stream.next_event())[1]["coming"] == 1
            await say(world, other, call_out_id, "coming")
            assert (await stream.next_event())[1]["coming"] == 2
            await end(world, call_out_id)
            name, counts = await stream.next_event()
            assert (name, counts["status"], counts["coming"]) == ("counts", "stood_down", 2)
            assert await stream.next_event() == ("over", {})
            assert await stream.next_event() == ("closed", {})
        assert await once_more(world, call_out_id) == ["counts", "over", "closed"]

    async def test_nothing_runs_while_nobody_watches(self, world: World):
        call_out_id = await gathering(world)
        board = world.api.client._transport.app.state.board  # type: ignore[attr-defined]
        async with watching(world, world.staff, call_out_id) as stream:
            await stream.next_event()
            assert call_out_id in board._feeds
        assert call_out_id not in board._feeds
        assert call_out_id not in board._tasks

    async def test_not_before_it_is_confirmed(self, api: ApiClient, world: World):
        response = await api.get(f"/v1/call-outs/{await ordered(world)}/events", world.staff)
        assert problem(response) == (409, "state-conflict")

    async def test_to_no_more_than_one_process_serves(self, app: FastAPI, api: ApiClient, world: World):
        call_out_id = await gathering(world)
        board = Board(world.database, watchers_max=1)
        with running_with(app, board=board):
            async with watching(world, world.staff, call_out_id) as stream:
                await stream.next_event()
                response = await api.get(f"/v1/call-outs/{call_out_id}/events", world.administrator)
        await board.close()
        assert problem(response) == (503, "watchers-too-many")
        assert response.headers["retry-after"] == "30"

    async def test_a_lost_listener_comes_back(self, world: World):
        helper = await world.helper()
        call_out_id = await gathering(world)
        async with watching(world, world.staff, call_out_id) as stream:
            await stream.next_event()
            await world.database.reads.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
            await say(world, helper, call_out_id, "coming")
            assert (await stream.next_event())[1]["coming"] == 1
