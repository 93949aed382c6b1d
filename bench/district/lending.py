"""What plans of lendings take of CPU time and memory, each size in a process of its own."""

import multiprocessing
import statistics
import time
from uuid import UUID

import numpy as np

from app.domain import lending, strength
from app.domain.kinds import Hat
from app.domain.lending import Grid
from app.domain.strength import Force
from bench.district.section import Goal, Section, peak_mib

SIZES = (486, 2_000)
REPETITIONS = 5
SOUTH_WEST = (103.8, 30.6)
DEGREES_A_GRID = 0.0064
SKILLED_MAX = 4
TIME_GOAL_S = 5
"""Of CPU, for a district of 486 grids: the first plan of a process, which loads SciPy."""
TOLD = """\
Grids are strewn evenly over a square, two to the square kilometre, with some 31 volunteers and 8 members each:
about half of them lack somebody, and there are hardly more people to spare than are missing, the hardest case. Five
districts of each size, one process for each row; its first plan loads SciPy."""
HEAD = (
    "grids",
    "away at most m",
    "first CPU s",
    "median CPU s",
    "slowest CPU s",
    "memory MiB",
    "lines",
    "lent",
    "missing",
)


def make_grids(count: int, seed: int) -> list[Grid]:
    """Return made-up grids, six to a community."""
    chance = np.random.default_rng(seed)
    places = chance.uniform(0, DEGREES_A_GRID * count**0.5, (count, 2)) + SOUTH_WEST
    volunteers = chance.poisson(np.clip(chance.normal(31, 8, count), 0, None))
    members = chance.poisson(np.clip(chance.normal(8, 3, count), 0, None))
    skilled = np.minimum(volunteers, chance.integers(0, SKILLED_MAX, count))
    rule = strength.DEFAULT
    grids = []
    for number, (longitude, latitude) in enumerate(places):
        own, community = UUID(int=1_000_000 + number), UUID(int=1 + number // 6)
        own_members, own_volunteers = int(members[number]), int(volunteers[number])
        forces = {
            Hat.MEMBER: Force(own_members, rule.members, own_members),
            Hat.VOLUNTEER: Force(own_volunteers, rule.volunteers, own_volunteers, int(skilled[number])),
        }
        grids.append(Grid(own, (community, own), (float(longitude), float(latitude)), forces))
    return grids


def draw_up(count: int, max_distance_m: int | None) -> tuple[float, list[str]]:
    """Draw up a few plans; return the CPU time of the first one, and a row of the table."""
    districts = [make_grids(count, seed) for seed in range(REPETITIONS)]
    before_mib = peak_mib()
    times_s = []
    for grids in districts:
        began_s = time.process_time()
        plan = lending.draw_up(grids, max_distance_m)
        times_s.append(time.process_time() - began_s)
    more_mib = peak_mib() - before_mib
    lent, missing = sum(one.count for one in plan.lendings), sum(one.count for one in plan.missing)
    seconds = [f"{value:.2f}" for value in (times_s[0], statistics.median(times_s[1:]), max(times_s[1:]))]
    counts = [f"{value:,}" for value in (len(plan.lendings), lent, missing)]
    return times_s[0], [
        f"{count:,}",
        f"{max_distance_m:,}" if max_distance_m else "∞",
        *seconds,
        f"{round(more_mib)}",
        *counts,
    ]


def measure() -> Section:
    """Draw up plans of each size, with and without a longest way."""
    rows, goals = [], []
    for count in SIZES:
        for max_distance_m in (None, 2_000):
            with multiprocessing.get_context("spawn").Pool(1) as process:
                first_s, row = process.apply(draw_up, (count, max_distance_m))
            rows.append(row)
            if count == SIZES[0]:
                goals.append(
                    Goal(f"plan for {count} grids, lent at most {row[1]} m away: CPU", first_s, TIME_GOAL_S, "s")
                )
    return Section("Plans of lendings", TOLD, HEAD, rows, goals)
