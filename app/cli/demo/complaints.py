"""The complaints of the district, their people apart from them: a few that tell the story, and as many as asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from app.cli.demo import complaint_steps
from app.cli.demo import complaint_words as words
from app.cli.demo.complaint_course import Clockwork, Course
from app.cli.demo.complaint_lives import AUTHOR, CHECK_TAKES, MERGE, ODDS, STAFF, Plot
from app.cli.demo.complaint_steps import UnitStep
from app.cli.demo.complaint_stories import STORIES, Story
from app.cli.demo.complaint_words import TOPICS, Topic
from app.cli.demo.town import CHUNK, Town
from app.core.ids import new_id
from app.domain.kinds import Channel, ComplaintPart, Outcome, Urgency
from app.domain.lifecycle import Party
from app.domain.shielding import mask_text
from app.services import calendars, complainants
from app.services.complainants import Complainant

SPAN_DAYS = (20, 150)
"""How far back the complaints go: some days for a few of them, months for many."""
PER_DAY_MIN = 4
JOINERS_MAX = 4
PLOTS, WEIGHTS = tuple(ODDS), tuple(ODDS.values())
OUTCOMES = {Outcome.RESOLVED: 8, Outcome.EXPLAINED: 1, Outcome.PLANNED: 1}
GENERAL_ANSWERS = {Outcome.EXPLAINED: words.EXPLAINED, Outcome.PLANNED: words.PLANNED}


@dataclass(frozen=True, slots=True)
class Category:
    """What a complaint has of its category."""

    code: str
    urgency: Urgency
    is_confidential: bool


@dataclass(slots=True)
class Part:
    """Somebody with a part in a complaint, and since when; ``id`` is what they are found by."""

    part: ComplaintPart
    id: UUID
    who: Complainant
    since: datetime


@dataclass(slots=True)
class Told:
    """A complaint, everybody who has a part in it, and what its author said of its answers."""

    course: Course
    parts: list[Part]
    ratings: list[tuple[object, ...]] = field(default_factory=list)
    steps: list[UnitStep] = field(default_factory=list)


class ComplaintMaker:
    """Makes complaints into a town's rows; ``categories`` are those of the database, by code."""

    def __init__(self, town: Town, categories: Mapping[str, Category]) -> None:
        self.town = town
        self.chance = town.chance
        self.categories = categories
        self._key = town.settings.data_key.get_secret_value()
        self._clockwork = Clockwork(calendars.announced())
        self._phones = count(1)

    def make_many(self) -> Iterator[int]:
        """Make the complaints asked for, oldest first; yield after each chunk how many."""
        town, total = self.town, self.town.size.complaints
        span = timedelta(days=min(max(total / PER_DAY_MIN, SPAN_DAYS[0]), SPAN_DAYS[1]))
        before: Told | None = None
        for n in range(total):
            place = (n + self.chance.random()) / total
            told = self._invent(town.now - timedelta(minutes=3) - span * (1 - place), before)
            if before is not None:
                self._write(before)
            before = told
            if n % CHUNK == CHUNK - 1:
                yield CHUNK
        if before is not None:
            self._write(before)
        yield total % CHUNK

    def make_stories(self) -> None:
        """Make the complaints that the named people live through."""
        told: dict[str, Told] = {}
        for story in STORIES:
            told[story.topic.title] = self._tell(story, told)
        for one in told.values():
            self._write(one)

    def _invent(self, posted: datetime, before: Told | None) -> Told:
        """Make up a complaint; some are on the same matter as the one before and are merged into it."""
        chance, town = self.chance, self.town
        plot = chance.choices(PLOTS, WEIGHTS)[0]
        if plot is MERGE:
            if before is not None:
                merged = self._merge(posted, before)
                if merged is not None:
                    return merged
            plot = PLOTS[0]
        lineage = chance.choice(town.grids).lineage
        people = chance.sample(town.resident_ids, min(1 + self._count_joiners(), len(town.resident_ids)))
        slots = {"b": chance.randint(1, 18), "u": chance.randint(1, 4)}
        slots |= {"f": chance.randint(2, 6), "n": chance.randint(2, 9)}
        topic = Topic(*(part.format_map(slots) for part in chance.choice(TOPICS)))
        told = self._begin(posted, lineage, topic, people[0], has_phone=chance.random() < 0.1)
        course = told.course
        course.coming_outcome = chance.choices(tuple(OUTCOMES), tuple(OUTCOMES.values()))[0]
        course.coming_answer = GENERAL_ANSWERS.get(course.coming_outcome, course.coming_answer)
        if chance.random() < 0.15:
            course.shown_name = town.nicknames[people[0]]
        self._live(told, plot, people[1:])
        return told

    def _count_joiners(self) -> int:
        return self.chance.randint(1, JOINERS_MAX) if self.chance.random() < 0.12 else 0

    def _tell(self, story: Story, told: Mapping[str, Told]) -> Told:
        """Let a complaint of the story happen. Raises AssertionError when it does not end where the story wants it."""
        town = self.town
        posted = town.now - timedelta(hours=story.posted_hours_ago)
        lineage = town.grids[story.grid % len(town.grids)].lineage
        if story.author is None:
            one = self._begin_for_another(posted, lineage, story.topic)
        else:
            one = self._begin(posted, lineage, story.topic, town.id_of(story.author), has_phone=story.has_phone)
            one.course.shown_name = story.author.nickname if story.shows_name else None
        course = one.course
        if story.into is not None:
            course.merged_into_id = told[story.into].course.id
        course.coming_outcome = story.outcome
        course.unit_ids = tuple(town.unit_ids[place] for place in story.units)
        self._live(one, story.plot, self.chance.sample(town.resident_ids, min(story.joiners, len(town.resident_ids))))
        if story.into is not None:
            self._join_all(one, told[story.into], course.last)
        if story.looked is not None:
            mover_id = town.staff_at(course.lineage, course.level)
            moment = course.last + (town.now - course.last) / 2
            course.note("unmask", STAFF, moment, mover_id=mover_id, note=story.looked)
        assert course.status == story.status, f"{story.topic.title} is {course.status}"
        return one

    def _begin(
        self, posted: datetime, lineage: tuple[UUID, ...], topic: Topic, author_id: UUID, *, has_phone: bool
    ) -> Told:
        """Post a complaint; a number in its text is masked for others, and kept with its author."""
        phone = f"1380000{next(self._phones) % 10_000:04}" if has_phone or self.chance.random() < 0.5 else None
        written = topic.body + words.PHONE.format(phone=phone) if has_phone else topic.body
        body = mask_text(written) if has_phone else written
        who = Complainant(author_id, self.town.nicknames[author_id], phone, body=written if body != written else None)
        course = self._course(posted, lineage, topic._replace(body=body))
        return Told(course, [Part(ComplaintPart.AUTHOR, author_id, who, posted)])

    def _begin_for_another(self, posted: datetime, lineage: tuple[UUID, ...], topic: Topic) -> Told:
        """Have staff type in a complaint for somebody who cannot."""
        who = Complainant(None, self.chance.choice(words.PROXY_NAMES))
        entered_by = self.town.staff_at(lineage, len(lineage) - 1)
        course = self._course(posted, lineage, topic, Channel.PROXY, entered_by, words.CONSENT)
        return Told(course, [Part(ComplaintPart.AUTHOR, new_id(), who, posted)])

    def _course(
        self,
        posted: datetime,
        lineage: tuple[UUID, ...],
        topic: Topic,
        channel: Channel = Channel.APP,
        entered_by: UUID | None = None,
        consent: str | None = None,
    ) -> Course:
        category = self.categories[topic.category]
        return Course(
            clockwork=self._clockwork,
            posted=posted,
            lineage=lineage,
            category=category.code,
            urgency=category.urgency,
            is_confidential=category.is_confidential,
            title=topic.title,
            body=topic.body,
            place=topic.place,
            coming_answer=topic.answer,
            point=self.chance.choice(self.town.spots[lineage[-1]]),
            channel=channel,
            entered_by=entered_by,
            consent=consent,
        )

    def _live(self, told: Told, plot: Plot, joiners: list[UUID]) -> None:
        """Let what the plot says happen, as far as it lies before now."""
        course, now = told.course, self.town.now
        for act in plot:
            moment = act.when(course, self.chance)
            course.pass_time(min(moment, now))
            if course.opened_at is not None:
                self._join(told, joiners, min(moment, now))
                joiners = []
            if moment > now:
                return
            note = self.chance.choice(act.words) if act.words else None
            mover_id = self.town.staff_at(course.lineage, course.level) if act.party is STAFF else None
            if act.is_satisfied is not None:
                course.is_satisfied = act.is_satisfied
                rater = complainants.hash_of(self._key, told.parts[0].id)
                told.ratings.append((course.id, course.answered_at, rater, AUTHOR, act.is_satisfied, note, moment))
            if act.action == "dispatch" and not course.unit_ids:
                course.unit_ids = tuple(self.chance.sample(self.town.unit_ids, 2))
            course.take(act.action, act.party, moment, mover_id=mover_id, note=note)
            if act.action == "answer" and moment + CHECK_TAKES <= now:
                course.publish_answer(moment + CHECK_TAKES)
            elif act.action == "dispatch":
                assert mover_id is not None, "staff hand it out"
                told.steps = complaint_steps.hand_out(course, moment, mover_id)
                complaint_steps.let_answer(told.steps, course, self.town.worker_by_unit, self.chance, now)
            elif act.action == "reopen":
                course.coming_answer = words.AGAIN
        course.pass_time(now)
        self._join(told, joiners, now)

    def _join(self, told: Told, joiners: list[UUID], until: datetime) -> None:
        """Let people say "me too" between the last act and ``until``."""
        course = told.course
        if not course.is_live or course.is_confidential:
            return
        room = (until - course.last) / (len(joiners) + 1)
        for user_id in joiners:
            moment = course.last + room
            told.parts.append(Part(ComplaintPart.JOINER, user_id, self._joiner(user_id), moment))
            course.note("join", Party.JOINER, moment)
            course.joins += 1

    def _joiner(self, user_id: UUID) -> Complainant:
        return Complainant(user_id, self.town.nicknames[user_id])

    def _merge(self, posted: datetime, target: Told) -> Told | None:
        """Make a complaint on the same matter as ``target`` and merge it there; None where that is not to be had."""
        into = target.course
        known = {part.id for part in target.parts}
        author_id = self.chance.choice(self.town.resident_ids)
        if into.opened_at is None or into.is_confidential or author_id in known:
            return None
        topic = Topic(into.category, into.title, into.body, into.place, into.coming_answer)
        told = self._begin(posted, into.lineage, topic, author_id, has_phone=False)
        told.course.merged_into_id = into.id
        self._live(told, MERGE, [])
        ended = into.live_until
        if (
            told.course.status != "merged"
            or into.status == "merged"
            or (ended is not None and ended < told.course.last)
        ):
            return None
        self._join_all(told, target, told.course.last)
        return told

    def _join_all(self, merged: Told, target: Told, moment: datetime) -> None:
        """Make everybody of a merged complaint a joiner of the one that goes on."""
        known = {part.id for part in target.parts}
        for part in merged.parts:
            if part.id not in known:
                target.parts.append(Part(ComplaintPart.JOINER, part.id, part.who, moment))
                target.course.joins += 1

    def _write(self, told: Told) -> None:
        course, rows = told.course, self.town.rows
        rows.add("complaint", *course.row())
        for event in course.events:
            states = (event.from_state, event.to_state)
            mover = (event.party, event.mover_id)
            rows.log("complaint", course.id, event.action, states, mover, event.moment, event.note, event.facts)
        complaint_steps.write(rows, course, told.steps)
        for rating in told.ratings:
            rows.add("complaint_rating", *rating)
        for part in told.parts:
            seen_at = course.last if self.chance.random() < 0.6 else None
            rows.complainants.append(
                complainants.sealed(self._key, course.id, part.id, part.part, part.who, part.since, seen_at)
            )
