"""Measuring: each scenario between two measurements of the unit, over and over, so that a drifting machine cancels."""

import asyncio
import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import asyncpg

from bench import load
from bench.cast import Cast
from bench.client import call
from bench.load import Outcome, Request
from bench.place import SECRET, Place, environment_of
from bench.processes import ECHOWALL, cpu_ms, serving
from bench.scenarios import Scenario
from bench.unit import PATH as UNIT_PATH
from bench.wire import counting

COUNTED_REQUESTS = 20
UNIT_WARM_UP_S, UNIT_MEASURE_S = 1, 3
SERVE = [*ECHOWALL, "serve", "--workers", "1"]


class WrongAnswersError(RuntimeError):
    """A server answered what it must not; the figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often."""

    warm_up_s: float
    measure_s: float
    repetitions: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: CPU time a request of the server and of PostgreSQL, and what the client saw."""

    server_ms: float
    postgres_ms: float
    outcome: Outcome


@dataclass
class Figures:
    """All measurements of one scenario; what is quoted is the median."""

    name: str
    goal: int
    statements: float = 0
    round_trips: float = 0
    samples: list[Sample] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    @property
    def server_ms(self) -> float:
        """CPU time of the server, milliseconds a request."""
        return statistics.median(sample.server_ms for sample in self.samples)

    @property
    def postgres_ms(self) -> float:
        """CPU time of PostgreSQL, milliseconds a request."""
        return statistics.median(sample.postgres_ms for sample in self.samples)

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return statistics.median(sample.outcome.requests / sample.outcome.seconds for sample in self.samples)

    @property
    def p50_ms(self) -> float:
        """Half of the requests were answered within this time."""
        return statistics.median(sample.outcome.p50_ms for sample in self.samples)

    @property
    def p99_ms(self) -> float:
        """99 of 100 requests were answered within this time."""
        return statistics.median(sample.outcome.p99_ms for sample in self.samples)

    @property
    def ratio(self) -> float:
        """CPU time of the server in units."""
        return statistics.median(self.ratios)


@contextmanager
def acquainted(place: Place) -> Iterator[tuple[asyncio.Runner, Cast]]:
    """Yield the cast of the run and the runner of its connection."""
    with asyncio.Runner() as runner:
        connection: asyncpg.Connection = runner.run(asyncpg.connect(place.url))
        try:
            yield runner, runner.run(Cast.meet(connection, SECRET))
        finally:
            runner.run(connection.close())


def measure(
    place: Place, folder: Path, runner: asyncio.Runner, cast: Cast, scenarios: Sequence[Scenario], pace: Pace
) -> tuple[Figures, list[Figures]]:
    """Return the figures of the unit and of each scenario. Raises WrongAnswersError."""
    unit = Figures("the unit: constant JSON, bare Starlette", 1, ratios=[1.0])
    found = [Figures(scenario.name, scenario.goal) for scenario in scenarios]
    unit_requests = folder / "unit.requests"
    load.write([Request("GET", UNIT_PATH)], unit_requests)
    with (
        serving(SERVE, place.environment, folder / "serve.log", "/healthz") as (port, pid),
        serving(["-m", "bench.unit"], place.environment, folder / "unit.log", UNIT_PATH) as (unit_port, unit_pid),
    ):

        def measure_unit() -> float:
            _put("the unit", unit_port, unit_requests, UNIT_WARM_UP_S, frozenset({200}))
            sample = _sample("the unit", unit_port, unit_requests, UNIT_MEASURE_S, frozenset({200}), unit_pid, None)
            unit.samples.append(sample)
            return sample.server_ms

        before = measure_unit()
        for repetition in range(pace.repetitions):
            for scenario, figures in zip(scenarios, found, strict=True):
                files = _prepare(runner, cast, scenario, repetition, folder)
                _put(scenario.name, port, files[0], pace.warm_up_s, scenario.expected)
                sample = _sample(
                    scenario.name, port, files[1], pace.measure_s, scenario.expected, pid, place.postmaster
                )
                after = measure_unit()
                figures.samples.append(sample)
                figures.ratios.append(sample.server_ms / ((before + after) / 2))
                print(f"  {repetition + 1}/{pace.repetitions}  {scenario.name:<40}{figures.ratios[-1]:6.1f} units")
                before = after
    return unit, found


def _prepare(
    runner: asyncio.Runner, cast: Cast, scenario: Scenario, repetition: int, folder: Path
) -> tuple[Path, Path]:
    """Write the requests of warm-up and measurement; the same file unless each request is good only once."""
    requests = runner.run(scenario.prepare(cast, repetition))
    measured = folder / "measured.requests"
    if not scenario.is_single_use:
        load.write(requests, measured)
        return measured, measured
    warm_up, third = folder / "warm-up.requests", len(requests) // 3
    load.write(requests[:third], warm_up)
    load.write(requests[third:], measured)
    return warm_up, measured


def _put(name: str, port: int, file: Path, seconds: float, expected: frozenset[int]) -> Outcome:
    outcome = load.put(port, file, seconds, expected)
    if outcome.errors or not outcome.requests:
        raise WrongAnswersError(f"{name}: {dict(outcome.errors) or 'no answers'} of {outcome.requests} requests.")
    return outcome


def _sample(
    name: str, port: int, file: Path, seconds: float, expected: frozenset[int], pid: int, postmaster: int | None
) -> Sample:
    roots = (pid,) if postmaster is None else (pid, postmaster)
    before = [cpu_ms(root) for root in roots]
    outcome = _put(name, port, file, seconds, expected)
    used = [cpu_ms(root) - start for root, start in zip(roots, before, strict=True)]
    per_request = [spent / outcome.requests for spent in used]
    return Sample(per_request[0], per_request[1] if postmaster else 0.0, outcome)


def count_statements(
    place: Place,
    folder: Path,
    runner: asyncio.Runner,
    cast: Cast,
    scenarios: Sequence[Scenario],
    found: Sequence[Figures],
) -> None:
    """Fill in the statements and round trips of each scenario, counted on the wire, one request after the other."""
    with counting(place.socket_folder) as (wire, sockets):
        environment = environment_of(place.through(sockets))
        with serving(SERVE, environment, folder / "counted.log", "/healthz") as (port, _):
            for scenario, figures in zip(scenarios, found, strict=True):
                requests = runner.run(scenario.prepare(cast, len(figures.samples)))[: 2 * COUNTED_REQUESTS]
                # To prepare may take longer than the server keeps an idle connection.
                connection = HTTPConnection("127.0.0.1", port, timeout=10)
                counts = []
                for request in requests:
                    before = wire.statements, wire.round_trips
                    status, _ = call(connection, request, os.urandom(16).hex())
                    if status not in scenario.expected:
                        raise WrongAnswersError(f"{scenario.name}: answered {status}.")
                    counts.append((wire.statements - before[0], wire.round_trips - before[1]))
                # The first half connects and prepares; the median of the rest is the usual request.
                steady = counts[len(counts) // 2 :]
                figures.statements = statistics.median(statements for statements, _ in steady)
                figures.round_trips = statistics.median(round_trips for _, round_trips in steady)
                connection.close()
