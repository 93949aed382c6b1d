"""What must be true after a trial: what our database says, held against what WeChat says it answered."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from bench.faults.checks import Finding
from bench.wechat.journey import Journey

OPEN_WISHES = """
    SELECT id FROM wish w WHERE id = ANY($1) AND status NOT IN ('checking', 'reviewing', 'rejected', 'withdrawn')
    AND NOT EXISTS (SELECT FROM event e WHERE e.subject_id = w.id AND e.action = 'approve')
"""
OPEN_COMPLAINTS = """
    SELECT id FROM complaint c WHERE id = ANY($1) AND status NOT IN ('checking', 'reviewing', 'rejected', 'withdrawn')
    AND NOT EXISTS (SELECT FROM event e WHERE e.subject_id = c.id AND e.action = 'approve')
"""
STATES = """
    SELECT status, count(*) FROM (
        SELECT status FROM wish WHERE id = ANY($1) UNION ALL SELECT status FROM complaint WHERE id = ANY($1)
    ) AS written GROUP BY status
"""
RISKY_SHOWN = """
    SELECT (SELECT count(*) FROM wish WHERE id = ANY($1) AND status NOT IN ('checking', 'reviewing', 'rejected'))
        + (SELECT count(*) FROM complaint WHERE id = ANY($1) AND status NOT IN ('checking', 'reviewing', 'rejected'))
"""
PICTURES = "SELECT id, status, trace_id, earlier_trace_id, subject_id FROM media WHERE id = ANY($1)"
KNOWN = 'SELECT count(*) FROM "user" WHERE openid = $1'
STANDING = "SELECT count(*) FROM wish WHERE id = $1 AND status IN ('checking', 'reviewing', 'published')"
RINGS = "SELECT status FROM ring"
PUBLISH_UNSEEN = """
    UPDATE wish SET title = $2 WHERE id = (
        SELECT id FROM wish WHERE area_id = $1 AND status = 'published' ORDER BY id DESC LIMIT 1
    ) RETURNING id
"""
SHOW_UNSEEN = """
    UPDATE media SET status = 'passed' WHERE id = (
        SELECT id FROM media WHERE id = ANY($1) AND status = 'rejected' LIMIT 1
    )
"""
MOST_OF_A_QUIET_ONE = 8
"""WeChat's busy answers are asked again twice, a refused token once, and a job is run again once."""
SPARE = 12
"""So many calls more are no storm."""


@dataclass(frozen=True)
class Counts:
    """Calls of each path in one trial, as the simulator counted them."""

    by_path: dict[str, int]

    @classmethod
    def between(cls, before: dict[str, int], after: dict[str, int]) -> "Counts":
        return cls({path: after[path] - before[path] for path in after})


async def examine(journey: Journey, counts: Counts, quiet: Counts) -> list[Finding]:
    """Return what the trial proves."""
    texts, pictures = journey.system.look("texts"), journey.system.look("pictures")
    messages = journey.system.look("messages")
    ids = list(journey.written)
    states = dict(await journey.database.fetch(STATES, ids))
    return [
        Finding("texts published that WeChat did not pass", await unchecked_texts(journey, texts), 0),
        Finding("risky texts published", await journey.database.fetchval(RISKY_SHOWN, list(journey.risky)), 0),
        Finding("texts lost", len(ids) - sum(states.values()), 0),
        Finding("texts still unchecked", states.get("checking", 0), 0),
        *await of_pictures(journey, pictures),
        *await of_messages(journey, messages),
        *await of_leaver(journey),
        Finding("not back as before after 90 s", int(journey.back_after_s is None), 0),
        Finding("paths called in a storm", storms(counts, quiet), 0),
    ]


async def unchecked_texts(journey: Journey, texts: list[dict[str, Any]]) -> int:
    """Count what stands in public by no person's hand and without a pass of WeChat."""
    passed = [str(check["text"]) for check in texts if check["suggest"] == "pass"]
    shown = [
        row["id"]
        for query in (OPEN_WISHES, OPEN_COMPLAINTS)
        for row in await journey.database.fetch(query, list(journey.written))
    ]
    return sum(not any(journey.written[thing] in text for text in passed) for thing in shown)


async def of_pictures(journey: Journey, checks: list[dict[str, Any]]) -> list[Finding]:
    """Return what is true of pictures: passed by the verdict of their own check alone, and none of them gone."""
    said = {str(check["trace_id"]) for check in checks if check["suggest"] == "pass"}
    rows = await journey.database.fetch(PICTURES, list(journey.pictures))
    passed = {row["id"] for row in rows if row["status"] == "passed"}
    unsaid = [row for row in rows if row["id"] in passed and not said & {row["trace_id"], row["earlier_trace_id"]}]
    shown = await journey.read_pictures()
    return [
        Finding("pictures passed that WeChat did not pass", len(unsaid), 0),
        Finding("red pictures passed", sum(journey.pictures[picture] == "red" for picture in passed), 0),
        Finding("pictures shown that have not passed", len(shown.keys() - passed), 0),
        Finding("pictures shown that do not open", sum(not opens for opens in shown.values()), 0),
        Finding("pictures lost", len(journey.pictures) - len(rows), 0),
        Finding("pictures still waiting", sum(row["status"] == "checking" for row in rows), 0),
    ]


async def of_leaver(journey: Journey) -> list[Finding]:
    """Return what is true of who closed their account: where WeChat could tell us, nobody knows them any more."""
    told = [push for push in journey.system.look("pushes") if push["body"].get("FromUserName") == journey.leaver]
    was_told = any(push["state"] == "taken" for push in told)
    known = await journey.database.fetchval(KNOWN, journey.leaver)
    standing = await journey.database.fetchval(STANDING, journey.left)
    return [
        Finding("cancelled accounts not closed", int(was_told and known), 0),
        Finding("wishes left of cancelled accounts", int(was_told and standing), 0),
    ]


async def of_messages(journey: Journey, messages: list[dict[str, Any]]) -> list[Finding]:
    """Return what is true of messages: each leads to a page of its own, which no second one does."""
    pages = Counter(str(message["page"]) for message in messages)
    states = Counter([row["status"] for row in await journey.database.fetch(RINGS)])
    return [
        Finding("messages sent twice", sum(count - 1 for count in pages.values()), 0),
        Finding("messages still under way", states["waiting"] + states["sending"], 0),
        Finding("messages marked sent that WeChat never sent", max(0, states["sent"] - len(messages)), 0),
    ]


def storms(counts: Counts, quiet: Counts) -> int:
    """Count paths that were called many times as often as when all was well."""
    return sum(
        count > MOST_OF_A_QUIET_ONE * quiet.by_path.get(path, 0) + SPARE for path, count in counts.by_path.items()
    )


async def sees_what_is_wrong(journey: Journey) -> list[Finding]:
    """Publish, in the database, what WeChat never passed, and return what the checks make of it: a control."""
    title = "没有检测过的心愿"
    row = await journey.database.fetchrow(PUBLISH_UNSEEN, journey.place.area, title)
    journey.written[row["id"]] = title
    journey.risky.add(row["id"])
    await journey.database.execute(SHOW_UNSEEN, list(journey.pictures))
    texts, pictures = journey.system.look("texts"), journey.system.look("pictures")
    unseen, red, *_ = await of_pictures(journey, pictures)
    return [
        Finding("texts published that WeChat did not pass", await unchecked_texts(journey, texts), 1),
        Finding("risky texts published", await journey.database.fetchval(RISKY_SHOWN, list(journey.risky)), 1),
        replace(unseen, wanted=1),
        replace(red, wanted=1),
    ]
