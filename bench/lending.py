"""``python -m bench.lending``: what lending plans take of CPU time and memory, each size in a process of its own.

Grids are strewn evenly over a square, two to the square kilometre, with some 31 volunteers and 8 members each: about
half of them lack somebody, and there are hardly more people to spare than are missing, the hardest case.
"""

import argparse
import multiprocessing
import resource
import statistics
import time
from uuid import UUID

import numpy as np

from app.domain import lending, strength
from app.domain.kinds import Hat
from app.domain.lending import Grid
from app.domain.strength import Force

SIZES = (486, 2_000)
REPETITIONS = 5
SOUTH_WEST = (103.8, 30.6)
DEGREES_A_GRID = 0.0064
SKILLED_MAX = 4


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


def measure(count: int, max_distance_m: int | None) -> str:
    """Draw up a few plans; return a row of the table."""
    districts = [make_grids(count, seed) for seed in range(REPETITIONS)]
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times_s = []
    for grids in districts:
        began_s = time.process_time()
        plan = lending.draw_up(grids, max_distance_m)
        times_s.append(time.process_time() - began_s)
    more_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    lent, missing = sum(one.count for one in plan.lendings), sum(one.count for one in plan.missing)
    return (
        f"| {count:,} | {max_distance_m or 'any'} | {times_s[0]:.2f} | {statistics.median(times_s[1:]):.2f} "
        f"| {max(times_s[1:]):.2f} | {more_mib:.0f} | {len(plan.lendings):,} | {lent:,} | {missing:,} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.lending", description=__doc__)
    parser.add_argument("--grids", type=int, nargs="*", default=SIZES)
    asked = parser.parse_args()
    print("| grids | at most m | first CPU s | median CPU s | slowest CPU s | memory MiB | lines | lent | missing |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for count in asked.grids:
        for max_distance_m in (None, 2_000):
            with multiprocessing.get_context("spawn").Pool(1) as process:
                print(process.apply(measure, (count, max_distance_m)), flush=True)


if __name__ == "__main__":
    main()
