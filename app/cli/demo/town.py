"""The district itself: its areas, its units and its people with their parts, as rows."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import ceil
from uuid import UUID

from app.cli.demo import land, people, words
from app.cli.demo.land import Spot
from app.cli.demo.people import DemoPerson, name_in_round
from app.cli.demo.rows import Rows
from app.core.ids import new_id_at
from app.core.settings import Settings
from app.domain import geometry
from app.domain.caller import Role
from app.domain.kinds import AreaKind, MemberKind
from app.domain.lifecycle import Party
from app.ledger import Owner
from app.wechat.simulator import openid_of

FOUNDED_DAYS_AGO = 400
JOINED_WITHIN_DAYS = 200
"""People joined between these two, so before the first wish."""
SMALL_GRIDS_MAX = 36
CHUNK = 5_000

BUILDINGS_A_GRID, HOUSEHOLDS_A_BUILDING, PEOPLE_A_HOUSEHOLD = 6, 48, 2.6
IN_SERVICE_OF_TEN = 7
REVIEWED = True
BLOCKED = False


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything is made beside the people and wishes of the story."""

    grids: int
    members: int
    volunteers: int
    residents: int
    merchants: int
    wishes: int
    complaints: int


@dataclass(frozen=True, slots=True)
class Area:
    """A node of the tree, root first in ``lineage``."""

    id: UUID
    name: str
    lineage: tuple[UUID, ...]


@dataclass
class Town:
    """One district in the making: what was made so far and is referred to later."""

    settings: Settings
    size: Size
    now: datetime
    round_number: int
    name: str
    known_ids: dict[str, UUID]
    """Named people who have logged in before, by openid."""
    rows: Rows = field(default_factory=Rows)
    streets: list[Area] = field(default_factory=list)
    communities: list[Area] = field(default_factory=list)
    grids: list[Area] = field(default_factory=list)
    spots: dict[UUID, list[Spot]] = field(default_factory=dict)
    """Where in each grid something may happen."""
    unit_ids: list[UUID] = field(default_factory=list)
    worker_by_unit: dict[UUID, UUID] = field(default_factory=dict)
    person_id_by_user: dict[UUID, UUID] = field(default_factory=dict)
    staff_id_by_area: dict[UUID, UUID] = field(default_factory=dict)
    named: dict[str, UUID] = field(default_factory=dict)
    nicknames: dict[UUID, str] = field(default_factory=dict)
    resident_ids: list[UUID] = field(default_factory=list)
    helper_ids: list[UUID] = field(default_factory=list)
    helpers_by_community: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    owner_ids: list[UUID] = field(default_factory=list)
    open_claims: Counter[UUID] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # The same words, places and fates each time: what is shown today can be shown again.
        self.chance = random.Random(20_240_701)  # noqa: S311 - nothing secret comes of it
        self._below: dict[UUID, list[UUID]] = {}
        self._founding_order = count(1)
        self._user_numbers = count(1)

    @property
    def founded(self) -> datetime:
        return self.now - timedelta(days=FOUNDED_DAYS_AGO)

    def hand_over(self) -> Rows:
        """Return the rows made so far, to be written while the next ones are made."""
        made, self.rows = self.rows, Rows()
        return made

    def id_of(self, person: DemoPerson) -> UUID:
        return self.named[person.name]

    def make_areas(self) -> None:
        """Make the tree, the land and the units: 3 grids a community in a small district, about 9 in a large one."""
        small = self.size.grids <= SMALL_GRIDS_MAX
        community_count = ceil(self.size.grids / (3 if small else 9))
        street_count = ceil(community_count / (2 if small else 9))
        self.district = self._area(None, AreaKind.DISTRICT, self.name)
        for n in range(street_count):
            self.streets.append(self._area(self.district, AreaKind.STREET, _numbered(words.STREETS, n)))
        for n in range(community_count):
            street = self.streets[n * street_count // community_count]
            community = self._area(street, AreaKind.COMMUNITY, _community_name(n))
            self.communities.append(community)
            first, end = (place * self.size.grids // community_count for place in (n, n + 1))
            self.grids += [self._area(community, AreaKind.GRID, f"第{k + 1}网格") for k in range(end - first)]
        for name, kind in words.UNITS:
            unit_id = self._next_id()
            self.unit_ids.append(unit_id)
            self.rows.add("unit", unit_id, self.district.id, kind, name)
        grid_ids = {grid.id for grid in self.grids}
        for area_id, shape in land.lay_out(self.district.id, self._below, self.round_number):
            self.rows.add("area_shape", area_id, shape, *geometry.point_within(shape), 1, self.founded)
            if area_id in grid_ids:
                self.spots[area_id] = land.find_spots(shape, self.chance)

    def _area(self, parent: Area | None, kind: AreaKind, name: str) -> Area:
        area_id = self._next_id()
        area = Area(area_id, name, (*(parent.lineage if parent else ()), area_id))
        if parent:
            self._below.setdefault(parent.id, []).append(area_id)
        households = BUILDINGS_A_GRID * HOUSEHOLDS_A_BUILDING if kind is AreaKind.GRID else None
        counts = (households, households and round(households * PEOPLE_A_HOUSEHOLD))
        parent_id = parent.id if parent else None
        self.rows.add("area", area_id, parent_id, kind, name, area.lineage, REVIEWED, *counts, self.founded)
        return area

    def _next_id(self) -> UUID:
        """Return an id a millisecond after the one before, so that lists keep the order in which things were made."""
        return new_id_at(self.founded + timedelta(milliseconds=next(self._founding_order)))

    def make_named_people(self) -> None:
        """Make the people whom one can log in as, each with their part."""
        for person in people.PEOPLE:
            name = name_in_round(person.name, self.round_number)
            self.named[person.name] = self._user(name, person.nickname, self.founded + timedelta(days=len(self.named)))
        administrator = self.id_of(people.ADMINISTRATOR)
        self._grant(administrator, Role.ADMINISTRATOR, self.district, None)
        self._grant(self.id_of(people.ALLIANCE), Role.ALLIANCE, self.district, administrator)
        self._grant(self.id_of(people.AUDITOR), Role.AUDITOR, self.district, administrator)
        named_staff = (people.STAFF, people.OTHER_STAFF)
        for n, community in enumerate(self.communities):
            staff_id = (
                self.id_of(named_staff[n])
                if n < len(named_staff)
                else self.make_unnamed("社工{}", f"staff{n}", self.founded)
            )
            self.staff_id_by_area[community.id] = staff_id
        for n, street in enumerate(self.streets):
            staff_id = self.id_of(people.LEADER) if n == 0 else self.make_unnamed("{}书记", f"leader{n}", self.founded)
            self.staff_id_by_area[street.id] = staff_id
            self._grant(staff_id, Role.STAFF, street, administrator)
        self.staff_id_by_area[self.district.id] = administrator
        self.staff_id_by_area[self.grids[0].id] = self.id_of(people.GRID_WORKER)
        for n, unit_id in enumerate(self.unit_ids):
            is_named = words.UNITS[n][0] == people.UNIT_WORKER_OF
            worker_id = (
                self.id_of(people.UNIT_WORKER) if is_named else self.make_unnamed("{}主任", f"unit{n}", self.founded)
            )
            self._unit_worker(unit_id, worker_id, administrator)
        moment = self.founded + timedelta(days=30)
        self._member(self.id_of(people.MEMBER), self.grids[0], moment)
        self._member(self.id_of(people.OTHER_MEMBER), self.grids[1 % len(self.grids)], moment + timedelta(hours=5))
        self._member(self.id_of(people.APPLICANT), self.grids[0], self.now - timedelta(hours=20), approved=False)
        self._volunteer(self.id_of(people.VOLUNTEER), self.grids[0], moment + timedelta(days=2))

    def make_unnamed_people(self) -> Iterator[int]:
        """Make members, volunteers, residents and shopkeepers; yield after each chunk how many.

        To the simulator they are bench1, bench2, … in this order.
        """
        parts = (
            *[("member", form) for form in self._forms(self.size.members, words.HELPER_FORMS)],
            *[("volunteer", form) for form in self._forms(self.size.volunteers, words.HELPER_FORMS)],
            *[("resident", form) for form in self._forms(self.size.residents, words.RESIDENT_FORMS)],
            *[("owner", form) for form in self._forms(self.size.merchants - 1, ("{}老板",))],
        )
        for n, (part, form) in enumerate(parts):
            joined = self.founded + timedelta(days=JOINED_WITHIN_DAYS) * (n / len(parts))
            user_id = self.make_unnamed(form, f"bench{next(self._user_numbers)}", joined)
            grid = self.grids[n % len(self.grids)]
            if part == "member":
                self._member(user_id, grid, joined)
                self.helper_ids.append(user_id)
            elif part == "volunteer":
                self._volunteer(user_id, grid, joined)
                self.helper_ids.append(user_id)
            elif part == "resident":
                self.resident_ids.append(user_id)
            else:
                self.owner_ids.append(user_id)
            if n % CHUNK == CHUNK - 1:
                yield CHUNK
        yield len(parts) % CHUNK

    def _forms(self, how_many: int, forms: tuple[str, ...]) -> Iterator[str]:
        return (self.chance.choice(forms) for _ in range(how_many))

    def make_unnamed(self, form: str, name: str, joined: datetime) -> UUID:
        """Make somebody with a made-up nickname; the simulator knows them as ``name``."""
        surname = self.chance.choice(words.SURNAMES)
        nickname = form.format(surname) if "{}" in form else surname + form
        return self._user(name_in_round(name, self.round_number), nickname, joined)

    def _user(self, name: str, nickname: str, joined: datetime) -> UUID:
        openid = openid_of(self.settings.wechat_appid, name)
        if openid in self.known_ids:
            user_id = self.known_ids[openid]
            self.nicknames[user_id] = nickname
            return user_id
        user_id = new_id_at(joined)
        self.nicknames[user_id] = nickname
        self.rows.add("user", user_id, openid, nickname, 1, BLOCKED, 0, joined)
        self.rows.new_users.append(Owner(user_id, joined))
        self.rows.log("user", user_id, "create", (None, "active"), (Party.AUTHOR, user_id), joined)
        return user_id

    def _grant(self, user_id: UUID, role: Role, area: Area, granted_by: UUID | None) -> None:
        moment = self.founded + timedelta(days=15)
        grant_id = new_id_at(moment)
        self.rows.add("grant", grant_id, user_id, role, area.id, granted_by, None, moment)
        action = "give" if granted_by else "give_from_command_line"
        mover = (Party.STAFF if granted_by else Party.SYSTEM, granted_by)
        self.rows.log("grant", grant_id, action, (None, role), mover, moment)

    def _unit_worker(self, unit_id: UUID, user_id: UUID, administrator: UUID) -> None:
        moment = self.founded + timedelta(days=16)
        worker_id = new_id_at(moment)
        self.worker_by_unit[unit_id] = user_id
        self.rows.add("unit_worker", worker_id, unit_id, user_id, administrator, moment)
        self.rows.log("unit_worker", worker_id, "add", (None, "active"), (Party.STAFF, administrator), moment)

    def _member(self, user_id: UUID, home: Area, moment: datetime, *, approved: bool = True) -> None:
        in_service = self.chance.randrange(10) < IN_SERVICE_OF_TEN
        kind = MemberKind.IN_SERVICE if in_service else self.chance.choice(list(MemberKind)[1:])
        row = (kind, self.chance.choice(self.unit_ids), home.id)
        self._enrol("member", user_id, row, home, moment, approved=approved)

    def _volunteer(self, user_id: UUID, home: Area, moment: datetime) -> None:
        row = (home.id, self.chance.sample(words.SKILLS, 2))
        self._enrol("volunteer", user_id, row, home, moment, approved=True)

    def _enrol(
        self, kind: str, user_id: UUID, row: tuple[object, ...], home: Area, moment: datetime, *, approved: bool
    ) -> None:
        enrolment_id = new_id_at(moment)
        status = "approved" if approved else "applied"
        self.rows.add(kind, enrolment_id, self.person_of(user_id, moment), *row, status, moment)
        self.rows.log(kind, enrolment_id, "create", (None, "applied"), (Party.AUTHOR, user_id), moment)
        if approved:
            staff = (Party.STAFF, self.staff_of(home))
            decided = moment + timedelta(hours=9)
            self.helpers_by_community[home.lineage[-2]].append(user_id)
            self.rows.log(kind, enrolment_id, "approve", ("applied", "approved"), staff, decided)

    def person_of(self, user_id: UUID, moment: datetime) -> UUID:
        """Return the person that a user is, made now if nobody needed it before."""
        if user_id not in self.person_id_by_user:
            self.person_id_by_user[user_id] = new_id_at(moment)
            self.rows.add("person", self.person_id_by_user[user_id], user_id, moment)
        return self.person_id_by_user[user_id]

    def staff_of(self, grid: Area) -> UUID:
        """Return who works for the community of a grid."""
        return self.staff_id_by_area[grid.lineage[-2]]

    def grid_below(self, area: Area) -> Area:
        """Return the first grid of an area, or the area if it is one."""
        return next(grid for grid in self.grids if area.id in grid.lineage)

    def name_of(self, community_id: UUID) -> str:
        """Return what a community is called."""
        return next(community.name for community in self.communities if community.id == community_id)

    def staff_at(self, lineage: tuple[UUID, ...], level: int) -> UUID:
        """Return who acts for the area at ``level`` of a lineage; for most grids those of their community do."""
        return self.staff_id_by_area.get(lineage[level]) or self.staff_id_by_area[lineage[level - 1]]


def _numbered(names: tuple[str, ...], n: int) -> str:
    turn, place = divmod(n, len(names))
    return names[place] if turn == 0 else f"{names[place]}{turn + 1}"


def _community_name(n: int) -> str:
    turn, stem = divmod(n, len(words.COMMUNITY_STEMS))
    ending = words.COMMUNITY_ENDINGS[(stem + turn) % len(words.COMMUNITY_ENDINGS)]
    lap = turn // len(words.COMMUNITY_ENDINGS)
    return f"{words.COMMUNITY_STEMS[stem]}{ending}{lap + 1 if lap else ''}社区"
