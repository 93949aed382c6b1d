"""The wishes of the district with their tasks, claims and awards: a few that tell the story, and as many as asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from app.cli.demo import lives, words
from app.cli.demo.lives import Life
from app.cli.demo.stories import STORIES, Story
from app.cli.demo.town import CHUNK, Area, Town
from app.core.ids import new_id_at
from app.domain.kinds import TaskKind, TransferKind, WishCategory
from app.domain.lifecycle import Party
from app.domain.texts import REJECTED_BY_CHECK
from app.ledger import Movement
from app.services import task_tags

SPAN_DAYS = 150
"""How far back the generated wishes go."""
SETTLED_AFTER_DAYS = 80
FRESH_DAYS = 4

# Lives and how often each is met among a hundred wishes of an age. Nothing is made that a deadline would end at once.
FRESH = {
    lives.PUBLISHED: 56,
    lives.REVIEWING: 26,
    lives.CLAIMED: 10,
    lives.CONFIRMED: 4,
    lives.REJECTED_BY_CHECK: 2,
    lives.REJECTED: 2,
}
RECENT = {
    lives.PUBLISHED: 50,
    lives.CLAIMED: 22,
    lives.CONFIRMED: 12,
    lives.DELIVERED: 6,
    lives.RELEASED: 2,
    lives.WITHDRAWN: 2,
    lives.REJECTED: 2,
    lives.REJECTED_BY_CHECK: 1,
    lives.VERIFIED: 1,
    lives.RETURNED: 1,
    lives.DISPUTED: 1,
}
OLD = {
    lives.CONFIRMED: 74,
    lives.CONFIRMED_SILENTLY: 10,
    lives.VERIFIED: 6,
    lives.EXPIRED: 4,
    lives.WITHDRAWN: 3,
    lives.REJECTED: 2,
    lives.REJECTED_BY_CHECK: 1,
}


@dataclass(frozen=True, slots=True)
class Telling:
    """One wish to be made: who, where, which way it went, in which words."""

    life: Life
    times: list[datetime]
    author_id: UUID
    helper_id: UUID | None
    grid: Area
    category: WishCategory
    title: str
    body: str
    note: str
    rating: int
    thanks: str | None


class WishMaker:
    """Makes wishes into a town's rows and keeps who earned what."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.earned: dict[UUID, tuple[int, datetime]] = {}
        """Points of each helper, and the moment of the last award."""
        self._turn_of_open_claims = count()

    def make_stories(self) -> None:
        """Make the wishes that the named people live through."""
        for story in STORIES:
            self._make(self._from_story(story))

    def make_many(self) -> Iterator[int]:
        """Make the wishes asked for, oldest first; yield after each chunk how many."""
        town = self.town
        total = town.size.wishes
        span = timedelta(days=SPAN_DAYS)
        for n in range(total):
            place = (n + town.chance.random()) / total
            self._make(self._invent(town.now - timedelta(hours=2) - span * (1 - place)))
            if n % CHUNK == CHUNK - 1:
                yield CHUNK
        yield total % CHUNK

    def _from_story(self, story: Story) -> Telling:
        town = self.town
        posted = town.now - timedelta(hours=story.posted_hours_ago)
        return Telling(
            life=story.life,
            times=self._times(story.life, posted),
            author_id=town.id_of(story.author),
            helper_id=town.id_of(story.helper) if story.helper else None,
            grid=town.grids[story.grid % len(town.grids)],
            category=story.category,
            title=story.title,
            body=story.body,
            note=story.note,
            rating=5,
            thanks=story.thanks,
        )

    def _invent(self, posted: datetime) -> Telling:
        town, chance = self.town, self.town.chance
        author = chance.randrange(len(town.resident_ids))
        life = self._choose_life((town.now - posted) / timedelta(days=1))
        helper_id = None
        if "claim" in life.states:
            helper_id = self._next_for_open_claim() if life.counts_as_open_claim else chance.choice(town.helper_ids)
            if helper_id is None:
                life = lives.PUBLISHED
        category = chance.choice(CATEGORIES)
        title, body = chance.choice(words.WISHES[category])
        return Telling(
            life=life,
            times=self._times(life, posted),
            author_id=town.resident_ids[author],
            helper_id=helper_id,
            grid=town.grids[author % len(town.grids)],
            category=category,
            title=title,
            body=body.format(
                floor=chance.randint(1, 6),
                room=f"{chance.randint(1, 6)}0{chance.randint(1, 4)}",
                day=chance.choice(words.DAYS),
            ),
            note=chance.choice(words.DELIVERY_NOTES),
            rating=5 if chance.random() < 0.8 else 4,
            thanks=chance.choice(words.THANKS),
        )

    def _choose_life(self, age_days: float) -> Life:
        if age_days < FRESH_DAYS:
            odds = FRESH
        elif age_days < SETTLED_AFTER_DAYS:
            odds = RECENT
        else:
            odds = OLD
        life = self.town.chance.choices(tuple(odds), tuple(odds.values()))[0]
        if life is lives.EXPIRED and age_days < self.town.settings.wish_days + 3:
            return lives.CONFIRMED
        return life

    def _next_for_open_claim(self) -> UUID | None:
        """Return whose turn it is to be at work on something; everybody stays free to claim one more."""
        town = self.town
        turns, place = divmod(next(self._turn_of_open_claims), len(town.helper_ids))
        return town.helper_ids[place] if turns < town.settings.open_claims_limit - 1 else None

    def _times(self, life: Life, posted: datetime) -> list[datetime]:
        """Return when each moment of ``life`` was: after one another, before now, and within the deadlines."""
        chance, settings = self.town.chance, self.town.settings
        room = (self.town.now - posted).total_seconds()
        checked = min(2.0, room / 4)
        gaps = []
        for moment in life.moments[2:]:
            hours = chance.uniform(1, 30)
            if moment is lives.TAKE:
                hours = chance.uniform(2, 240)
            elif moment is lives.CONFIRM_SILENT:
                hours = settings.confirm_days * 24 + 0.05
            elif moment is lives.EXPIRE:
                hours = settings.wish_days * 24 + chance.random()
            gaps.append(hours * 3600)
        idle = room - checked - sum(gaps)
        if idle < 0:
            gaps = [gap * (room - checked) * 0.98 / sum(gaps) for gap in gaps]
        elif life.goes_on and lives.TAKE in life.moments:
            # What waits for somebody now was begun only lately: no deadline is near.
            gaps[life.moments.index(lives.TAKE) - 2] += idle - min(idle, chance.uniform(1, 90) * 3600)
        times = [posted, posted + timedelta(seconds=checked)]
        for gap in gaps:
            times.append(times[-1] + timedelta(seconds=gap))
        return times

    def _make(self, telling: Telling) -> None:
        """Add the rows of a wish, its task and its claim, the events of their lives and the award."""
        town, life, times = self.town, telling.life, telling.times
        published = _time(life, lives.APPROVE, times)
        ids = {"wish": new_id_at(times[0])}
        confirmed = lives.CONFIRM in life.moments
        town.rows.add(
            *("wish", ids["wish"], telling.author_id, telling.grid.id, telling.category, telling.title, telling.body),
            *(life.states["wish"], telling.rating if confirmed else None, telling.thanks if confirmed else None),
            *(times[0], published, _time(life, lives.DELIVER, times)),
        )
        if published is not None:
            ids["task"] = new_id_at(published)
            town.rows.add(
                *("task", ids["task"], TaskKind.WISH, ids["wish"], telling.grid.id, telling.author_id, telling.title),
                *(life.states["task"], 1, int(life.takes_seat), town.settings.wish_reward_points, published),
                task_tags.of_category(telling.category),
            )
        if telling.helper_id is not None:
            self._make_claim(telling, ids, telling.helper_id)
        self._log(telling, ids)

    def _make_claim(self, telling: Telling, ids: dict[str, UUID], helper_id: UUID) -> None:
        town, life, times = self.town, telling.life, telling.times
        taken = _time(life, lives.TAKE, times)
        assert taken is not None, "whoever helps has claimed"
        delivered = _time(life, lives.DELIVER, times)
        due = (_time(life, lives.SEND_BACK, times) or taken) + timedelta(days=town.settings.claim_days)
        ids["claim"] = new_id_at(taken)
        town.rows.add(
            *("claim", ids["claim"], ids["task"], helper_id, life.states["claim"]),
            *(telling.note if delivered else None, due, taken, delivered),
        )
        if life.counts_as_open_claim:
            town.open_claims[helper_id] += 1
        if life.is_verified:
            points = town.settings.wish_reward_points
            earned, last = self.earned.get(helper_id, (0, times[-1]))
            self.earned[helper_id] = (earned + points, max(last, times[-1]))
            verifiers = {lives.CONFIRM: telling.author_id, lives.VERIFY: town.staff_of(telling.grid)}
            verifier_id = verifiers.get(life.moments[-1])
            town.rows.add("award", ids["claim"], helper_id, verifier_id, points, points, NO_POLICIES, times[-1])
            town.rows.movements.append(Movement(TransferKind.AWARD, helper_id, points, ids["claim"], times[-1]))

    def _log(self, telling: Telling, ids: dict[str, UUID]) -> None:
        movers = {
            Party.AUTHOR: telling.author_id,
            Party.HELPER: telling.helper_id,
            Party.CLAIMANT: telling.helper_id,
            Party.STAFF: self.town.staff_of(telling.grid),
            Party.SYSTEM: None,
        }
        log, times = self.town.rows.log, telling.times
        for step in telling.life.steps:
            notes = NOTES.get(step.action)
            note = notes[0] if notes and (step.subject != "task") else None
            log(
                step.subject,
                ids[step.subject],
                step.action,
                (step.source, step.target),
                (step.party, movers[step.party]),
                times[step.moment],
                note,
            )


NO_POLICIES: list[UUID] = []
"""The awards are older than any policy: the default granted them whole."""
CATEGORIES = (*[WishCategory.ELDERLY] * 6, *WishCategory)
"""Most who ask are old."""
NOTES = {
    "reject_check": (REJECTED_BY_CHECK,),
    "reject": words.REJECT_REASONS,
    "dispute": words.DISPUTE_REASONS,
    "return": words.RETURN_REASONS,
}


def _time(life: Life, moment: lives.Moment, times: list[datetime]) -> datetime | None:
    place = life.place_of(moment)
    return None if place is None else times[place]
