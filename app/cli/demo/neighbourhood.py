"""What a demo district has beside its tree: posts with their holders, teams, venues, circles, buildings, as rows."""

import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from app.cli.demo import people, words
from app.cli.demo.town import BUILDINGS_A_GRID, HOUSEHOLDS_A_BUILDING, JOINED_WITHIN_DAYS, Area, Town
from app.core.ids import new_id_at
from app.domain import addresses
from app.domain.caller import Role
from app.domain.kinds import PostQueue, VenueKind
from app.domain.lifecycle import Party

TEAM_SIZE = 8
CIRCLES_MAX = 12
VACANT_POST_EVERY = 4
"""Of so many grids one has nobody at present: what waits there is with its community."""
TICK = timedelta(milliseconds=1)


class NeighbourhoodMaker:
    """Makes what lies over the areas of a town whose people are there."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.staff = Party.STAFF, town.id_of(people.ADMINISTRATOR)
        self._moment = town.founded + timedelta(days=JOINED_WITHIN_DAYS + 10)

    def make(self) -> None:
        """Make everything, in the order of its foreign keys."""
        self._make_posts()
        self._make_buildings()
        self._make_venues()
        self._make_circles()
        self._make_teams()

    def _make_posts(self) -> None:
        """Give every community and every grid its post; some of the grids' are vacant at present."""
        town = self.town
        for community in town.communities:
            post_id = self._post(community, *words.COMMUNITY_POST)
            self._appoint(post_id, town.staff_id_by_area[community.id], community)
        for number, grid in enumerate(town.grids):
            post_id = self._post(grid, *words.GRID_POST)
            if number == 0:
                self._appoint(post_id, town.id_of(people.GRID_WORKER), grid)
            elif number % VACANT_POST_EVERY != VACANT_POST_EVERY - 2:
                self._appoint(post_id, town.make_unnamed("{}网格员", f"worker{number}", self._moment), grid)

    def _post(self, area: Area, name: str, duty: str) -> UUID:
        post_id = self._next_id()
        queues = list(PostQueue)
        self.town.rows.add("post", post_id, area.id, name, duty, queues, Role.STAFF, self._moment)
        self._log("post", post_id, "create", (None, "vacant"))
        return post_id

    def _appoint(self, post_id: UUID, user_id: UUID, area: Area) -> None:
        town, holding_id, grant_id = self.town, self._next_id(), self._next_id()
        person_id = town.person_of(user_id, self._moment)
        _, administrator = self.staff
        town.rows.add("post_holding", holding_id, post_id, person_id, administrator, self._moment)
        self._log("post", post_id, "appoint", ("vacant", "held"), {"holding_id": holding_id, "role": Role.STAFF})
        town.rows.add("grant", grant_id, user_id, Role.STAFF, area.id, administrator, holding_id, self._moment)
        self._log("grant", grant_id, "give_with_post", (None, Role.STAFF))

    def _make_buildings(self) -> None:
        """Give each grid its estate."""
        town = self.town
        for grid in town.grids:
            estate = f"{town.name_of(grid.lineage[-2]).removesuffix('社区')}{grid.name[1:-2]}期"
            for number in range(1, BUILDINGS_A_GRID + 1):
                name, building_id = f"{estate}{number}号楼", self._next_id()
                read, spot = addresses.read(name), town.spots[grid.id][number]
                told = (HOUSEHOLDS_A_BUILDING, *spot, read.key, list(read.terms), self._moment)
                town.rows.add("building", building_id, grid.id, name, [], *told)
                self._log("building", building_id, "create", (None, "active"))

    def _make_venues(self) -> None:
        """Give every street its service centre, every community a Party station, every grid a contact point."""
        for street in self.town.streets:
            name = f"{street.name}党群服务中心"
            self._venue(street, VenueKind.SERVICE_CENTRE, name, "办事大厅在一楼，二楼有活动室。", words.WEEKDAYS)
        for community in self.town.communities:
            name = f"{community.name.removesuffix('社区')}红色驿站"
            self._venue(community, VenueKind.PARTY_STATION, name, "可以歇脚、喝水、热饭、充电。", words.DAYTIME)
        for grid in self.town.grids:
            self._venue(grid, VenueKind.CONTACT_POINT, f"{grid.name}中心户", "邻里有事先来坐坐。", words.DAYTIME)

    def _venue(self, area: Area, kind: VenueKind, name: str, note: str, hours: str) -> None:
        town, venue_id = self.town, self._next_id()
        spot = town.spots[town.grid_below(area).id][0]
        told = (kind, name, "小区东门往里走", f"{name}，一层", *spot, hours, note, self._moment)
        town.rows.add("venue", venue_id, area.id, *told)
        self._log("venue", venue_id, "create", (None, "open"))

    def _make_circles(self) -> None:
        """Lay a business circle over the grids of every other community."""
        town = self.town
        for community in town.communities[::2][:CIRCLES_MAX]:
            circle_id, name = self._next_id(), f"{community.name.removesuffix('社区')}商圈"
            introduction = "步行一刻钟里的店铺，积分都能用。"
            town.rows.add("circle", circle_id, town.district.id, name, introduction, self._moment)
            self._log("circle", circle_id, "create", (None, "open"))
            grid_ids = [grid.id for grid in town.grids if grid.lineage[-2] == community.id]
            for grid_id in grid_ids:
                town.rows.add("circle_area", circle_id, grid_id)
            self._log("circle", circle_id, "set_grids", ("open", "open"), {"removed": [], "added": grid_ids})

    def _make_teams(self) -> None:
        """Gather some of each community's helpers in a team, and all teams in an alliance."""
        town, team_ids = self.town, []
        for number, community in enumerate(town.communities):
            helpers = town.helpers_by_community[community.id][:TEAM_SIZE]
            if helpers:
                team_ids.append(self._team(community, helpers, words.TEAMS[number % len(words.TEAMS)]))
        alliance_id, (name, introduction) = self._next_id(), words.ALLIANCE
        town.rows.add("alliance", alliance_id, town.district.id, name, introduction, self._moment)
        self._log("alliance", alliance_id, "create", (None, "open"))
        for team_id in team_ids:
            town.rows.add("alliance_team", alliance_id, team_id, self._moment)
        self._log("alliance", alliance_id, "set_teams", ("open", "open"), {"removed": [], "added": team_ids})

    def _team(self, community: Area, helpers: list[UUID], what: words.TeamWords) -> UUID:
        """Make the team of some helpers, the first of whom leads it."""
        town, team_id, leader = self.town, self._next_id(), helpers[0]
        hours = json.loads(words.SATURDAYS)
        services = json.dumps([{"title": what.service, "description": what.description, "hours": hours}])
        told = (what.name, what.introduction, services, "approved", self._moment)
        town.rows.add("team", team_id, community.id, town.person_of(leader, self._moment), *told)
        owner = Party.OWNER, leader
        self._log("team", team_id, "create", (None, "applied"), mover=owner)
        self._log("team", team_id, "approve", ("applied", "approved"))
        for helper in helpers:
            place_id, person_id = self._next_id(), town.person_of(helper, self._moment)
            town.rows.add("team_member", place_id, team_id, person_id, "joined", self._moment)
            if helper == leader:
                self._log("team_member", place_id, "found", (None, "joined"), mover=owner)
            else:
                self._log("team_member", place_id, "create", (None, "asked"), mover=(Party.AUTHOR, helper))
                self._log("team_member", place_id, "admit", ("asked", "joined"), mover=owner)
        return team_id

    def _next_id(self) -> UUID:
        """Return an id a millisecond after the one before, as all that is made here is."""
        self._moment += TICK
        return new_id_at(self._moment)

    def _log(
        self,
        subject_kind: str,
        subject_id: UUID,
        action: str,
        states: tuple[str | None, str],
        facts: Mapping[str, object] | None = None,
        mover: tuple[Party, UUID] | None = None,
    ) -> None:
        self._moment += TICK
        self.town.rows.log(subject_kind, subject_id, action, states, mover or self.staff, self._moment, facts=facts)
