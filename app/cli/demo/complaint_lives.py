"""Lives of complaints: what is done with one, step by step, and when. Whatever lies ahead of now has not come yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.cli.demo import complaint_words as words
from app.cli.demo.complaint_course import SCHEDULE_TAKES, Course
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT
from app.domain.texts import HELD_FOR_REVIEW
from app.services.complaints.residents import FEEDBACK

AUTHOR, STAFF, SYSTEM = Party.AUTHOR, Party.STAFF, Party.SYSTEM
CHECK_TAKES = timedelta(seconds=2)

When = Callable[[Course, Random], datetime]


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One thing that is done with a complaint; one of ``words`` is said."""

    action: str
    party: Party
    when: When
    words: Sequence[str | None] = ()
    is_satisfied: bool | None = None


def after(length: timedelta) -> When:
    """So long after the last act."""
    return lambda course, _chance: course.last + length


def hours(low: float, high: float) -> When:
    """So many hours after the last act."""
    return lambda course, chance: course.last + timedelta(hours=chance.uniform(low, high))


def to_accept(course: Course, chance: Random) -> datetime:
    """In the time that there is to accept it."""
    return course.last + (course.dues.accept_due_at - course.last) * chance.uniform(0.02, 0.9)


def to_answer(course: Course, chance: Random) -> datetime:
    """In the time that there is to answer it."""
    return course.last + (course.dues.answer_due_at - course.last) * chance.uniform(0.05, 0.9)


def soon_after_accepting(course: Course, chance: Random) -> datetime:
    """Early in the time that there is to answer it."""
    return course.last + (course.dues.answer_due_at - course.last) * chance.uniform(0.02, 0.2)


def after_the_units(course: Course, chance: Random) -> datetime:
    """Late in the time that there is to answer it, when all units have answered."""
    return course.last + (course.dues.answer_due_at - course.last) * chance.uniform(0.5, 0.9)


def accept_overdue(course: Course, _chance: Random) -> datetime:
    """When nobody has accepted it in time."""
    return max(course.dues.accept_due_at, course.last) + SCHEDULE_TAKES


def answer_overdue(course: Course, _chance: Random) -> datetime:
    """When nobody has answered it in time."""
    return max(course.dues.answer_due_at, course.last) + SCHEDULE_TAKES


def much_later(course: Course, chance: Random) -> datetime:
    """Long after it was due."""
    return course.dues.answer_due_at + timedelta(days=chance.uniform(1, 20))


def in_silence(course: Course, _chance: Random) -> datetime:
    """When the time for a word on the answer is over."""
    assert course.answered_at is not None, "nobody waits for a word before an answer"
    return course.answered_at + FEEDBACK + SCHEDULE_TAKES


CHECKED = Act("pass_check", SYSTEM, after(CHECK_TAKES))
HELD = Act("hold_check", SYSTEM, after(CHECK_TAKES), (HELD_FOR_REVIEW,))
ADMITTED = Act("admit", STAFF, to_accept)
ACCEPTED = Act("accept", STAFF, to_accept)
TAKEN_ON = Act("take_on", STAFF, to_accept)
ASKED = Act("wait", STAFF, soon_after_accepting, words.NEEDED)
TOLD = Act("resume", AUTHOR, hours(1, 90), words.GIVEN)
ANSWERED = Act("answer", STAFF, to_answer)
DISPATCHED = Act("dispatch", STAFF, soon_after_accepting)
ANSWERED_JOINTLY = Act("answer", STAFF, after_the_units)
ANSWERED_AT_ONCE = Act("answer", STAFF, to_accept)
ANSWERED_LATE = Act("answer", STAFF, much_later)
CONTENT = Act("rate", AUTHOR, hours(1, 200), words.HAPPY, is_satisfied=True)
DISCONTENT = Act("rate", AUTHOR, hours(1, 200), words.UNHAPPY, is_satisfied=False)
REOPENED = Act("reopen", AUTHOR, after(timedelta(milliseconds=1)), words.UNHAPPY)
SILENT = Act("close_silent", SYSTEM, in_silence)
UP = Act("escalate", STAFF, to_accept, (words.UP_TO_COMMUNITY,))
UP_AGAIN = Act("escalate", STAFF, to_accept, (words.UP_TO_STREET,))
UP_TO_THE_TOP = Act("escalate", STAFF, to_accept, (words.UP_TO_DISTRICT,))
DOWN = Act("return", STAFF, to_accept, (words.BACK_DOWN,))
UNACCEPTED = Act("escalate_overdue", SYSTEM, accept_overdue)
UNANSWERED = Act("escalate_overdue", SYSTEM, answer_overdue)
REJECTED = Act("reject", STAFF, to_accept, words.REJECTED)
WITHDRAWN = Act("withdraw", AUTHOR, hours(0.1, 20))
MERGED = Act("merge", STAFF, to_accept)

Plot = tuple[Act, ...]


def plot(*acts: Act) -> Plot:
    """Return these acts in turn. Raises ValueError when the lifecycle forbids one of them."""
    state = COMPLAINT.initial
    for act in acts:
        row = COMPLAINT.find(state, act.action)
        if row is None or act.party not in row.who:
            raise ValueError(f"{act.party} may not {act.action} a complaint that is {state}")
        state = row.target
    return acts


ANSWER = (ACCEPTED, ANSWERED)
MERGE = plot(CHECKED, MERGED)

# How often each plot is met among a thousand complaints. Who does not accept or answer in time hands it up, so that
# what is overdue now stands with the district, above which there is nobody.
ODDS = {
    plot(CHECKED, *ANSWER, CONTENT): 440,
    plot(CHECKED, *ANSWER, SILENT): 170,
    plot(CHECKED, ANSWERED_AT_ONCE, CONTENT): 50,
    plot(CHECKED, ANSWERED_AT_ONCE, SILENT): 20,
    plot(CHECKED, ACCEPTED, ASKED, TOLD, ANSWERED, CONTENT): 50,
    plot(CHECKED, UP, *ANSWER, CONTENT): 60,
    plot(CHECKED, ACCEPTED, DISPATCHED, ANSWERED_JOINTLY, CONTENT): 25,
    plot(CHECKED, UP, ACCEPTED, DISPATCHED, ANSWERED_JOINTLY, SILENT): 10,
    plot(CHECKED, UP, UP_AGAIN, TAKEN_ON, ANSWERED, CONTENT): 15,
    plot(CHECKED, UP, UP_AGAIN, UP_TO_THE_TOP, *ANSWER, SILENT): 8,
    plot(CHECKED, UP, DOWN, *ANSWER, CONTENT): 12,
    plot(CHECKED, *ANSWER, DISCONTENT, REOPENED, *ANSWER, CONTENT): 35,
    plot(CHECKED, *ANSWER, DISCONTENT, REOPENED, *ANSWER, DISCONTENT): 8,
    plot(CHECKED, UNACCEPTED, *ANSWER, CONTENT): 25,
    plot(CHECKED, ACCEPTED, UNANSWERED, *ANSWER, SILENT): 10,
    plot(CHECKED, UNACCEPTED, UNACCEPTED, UNACCEPTED, ACCEPTED, ANSWERED_LATE, CONTENT): 12,
    plot(CHECKED, UNACCEPTED, UNACCEPTED, UNACCEPTED): 3,
    plot(CHECKED, REJECTED): 20,
    plot(CHECKED, WITHDRAWN): 20,
    plot(HELD, ADMITTED, *ANSWER, CONTENT): 15,
    plot(HELD, REJECTED): 7,
    MERGE: 20,
}
