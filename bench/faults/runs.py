"""The runs that must hold, each with what it proves."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from uuid import UUID

from app.core.clock import now
from bench.faults import checks
from bench.faults.checks import Finding
from bench.faults.scene import Scene, Voucher
from bench.faults.strikes import Strikes
from bench.faults.system import System
from bench.faults.terminals import Scan, Terminals

KEYS, REPLAYS = 10, 10
VOUCHERS_AT_ONCE = 4
"""So many vouchers are scanned at the same time, each by all its clerks."""
SWEEPS, SWEEP_KILLS = 2, 6
EXPIRY_S = 16.0

chance = random.Random(1)  # noqa: S311 - the same order in every run, no secrets


@dataclass
class Run:
    """What one run found. A control must be found out: one of its findings must be wrong."""

    name: str
    findings: list[Finding]
    told: list[tuple[str, int]] = field(default_factory=list)
    is_control: bool = False

    @property
    def is_as_wanted(self) -> bool:
        """Whether all is right, or in a control something is wrong."""
        return all(finding.is_right for finding in self.findings) != self.is_control


@dataclass(frozen=True, slots=True)
class Arena:
    """Where the runs take place."""

    system: System
    scene: Scene

    @classmethod
    def of(cls, system: System) -> Self:
        """Make shops, clerks and people with points in a running system."""

        async def make() -> Scene:
            connection = await system.connect()
            try:
                return await Scene.make(connection)
            finally:
                await connection.close()

        return cls(system, system.run(make()))

    async def make_vouchers(self, count: int) -> list[Voucher]:
        """Return new vouchers; the connection is another one each time, since servers are killed in between."""
        self.scene.connection = await self.system.connect()
        try:
            return await self.scene.make_vouchers(count)
        finally:
            await self.scene.connection.close()

    async def examine(self, terminals: Terminals, ids: Sequence[UUID], settled: int) -> list[Finding]:
        """Return what the run proves."""
        connection = await self.system.connect()
        try:
            return await checks.of_scans(connection, terminals, ids, settled)
        finally:
            await connection.close()


def crowd(arena: Arena, vouchers: int = 100, keys: int = KEYS, *, databases: int = 3, apis: int = 5) -> Run:
    """Have 64 terminals scan few vouchers under many keys, each key sent many times: one key of a voucher wins."""
    made = arena.system.run(arena.make_vouchers(vouchers))
    attempts = [
        scan
        for start in range(0, vouchers, VOUCHERS_AT_ONCE)
        for scan in _shuffled(
            Scan(voucher.id, chance.choice(voucher.clerks))
            for voucher in made[start : start + VOUCHERS_AT_ONCE]
            for _ in range(keys)
        )
    ]
    name = f"{len(attempts):,} attempts on {vouchers} vouchers"
    terminals = Terminals(arena.system.ports, attempts)
    _send(arena, name, terminals, databases=databases, apis=apis)
    findings = arena.system.run(arena.examine(terminals, [voucher.id for voucher in made], vouchers))
    return Run(name, findings, _told(terminals))


def distinct(arena: Arena, vouchers: int = 10_000, *, databases: int = 3, apis: int = 3) -> Run:
    """Have each of many vouchers scanned once: each is settled, however often its terminal had to ask."""
    made = arena.system.run(arena.make_vouchers(vouchers))
    terminals = Terminals(arena.system.ports, [Scan(voucher.id, chance.choice(voucher.clerks)) for voucher in made])
    name = f"{vouchers:,} vouchers, each scanned once"
    _send(arena, name, terminals, databases=databases, apis=apis)
    findings = arena.system.run(arena.examine(terminals, [voucher.id for voucher in made], vouchers))
    return Run(name, findings, _told(terminals))


def expiry(arena: Arena, vouchers: int = 1_000) -> Run:
    """Scan vouchers at the very time they expire, while two sweeps give them back and are killed over and over."""

    async def make() -> list[Voucher]:
        arena.scene.connection = await arena.system.connect()
        try:
            moments = [now() + timedelta(seconds=1 + EXPIRY_S * n / vouchers) for n in range(vouchers)]
            return await arena.scene.make_vouchers(vouchers, moments)
        finally:
            await arena.scene.connection.close()

    made = arena.system.run(make())
    scans = [
        Scan(
            voucher.id,
            chance.choice(voucher.clerks),
            not_before=voucher.expires_at.timestamp() - chance.uniform(-0.2, 1.0),
        )
        for voucher in made
    ]
    terminals = Terminals(arena.system.ports, scans)
    name = f"{vouchers:,} vouchers scanned as they expire"
    strikes = Strikes(arena.system, name, vouchers, databases=1)
    command = ("-m", "bench.faults.sweep")
    sweeps = [arena.system.launch(command) for _ in range(SWEEPS)]
    kills = 0

    def meanwhile(answered: int) -> None:
        nonlocal kills
        strikes(answered)
        if kills < SWEEP_KILLS and answered > vouchers * (kills + 1) / (SWEEP_KILLS + 1):
            sweeps[kills % SWEEPS].kill()
            sweeps[kills % SWEEPS].wait()
            sweeps[kills % SWEEPS] = arena.system.launch(command)
            kills += 1

    terminals.run(meanwhile)
    strikes.end(len(terminals.answers))
    _wait_until_swept(arena, [voucher.id for voucher in made])
    for sweep in sweeps:
        sweep.kill()
        sweep.wait()
    findings = arena.system.run(_examine_expiry(arena, terminals, made))
    said = Counter(answer.code or "settled" for answer in terminals.answers)
    told = [("settled", said["settled"]), ("given back", vouchers - said["settled"]), ("sweeps killed", kills)]
    return Run(name, [*findings, Finding("one of both kinds never happened", int(0 in dict(told).values()), 0)], told)


async def _examine_expiry(arena: Arena, terminals: Terminals, made: Sequence[Voucher]) -> list[Finding]:
    ids = [voucher.id for voucher in made]
    connection = await arena.system.connect()
    try:
        states = {row["id"]: row["status"] for row in await connection.fetch(checks.STATES, ids)}
        untrue = sum(
            (answer.status == 201) != (states[answer.scan.voucher_id] == "settled") for answer in terminals.answers
        )
        return [
            Finding("attempts answered", len(terminals.answers), terminals.wanted),
            Finding("answers that are not so in the books", untrue, 0),
            Finding("vouchers neither settled nor expired", sum(s not in _ENDS for s in states.values()), 0),
            Finding("points left in wallets that have expired", await connection.fetchval(checks.OVERDUE), 0),
            *await checks.of_books(connection, ids),
        ]
    finally:
        await connection.close()


_ENDS = ("settled", "expired")


def _wait_until_swept(arena: Arena, ids: Sequence[UUID]) -> None:
    async def is_swept() -> bool:
        connection = await arena.system.connect()
        try:
            states = await connection.fetch(checks.STATES, ids)
            is_any_held = any(row["status"] == "held" for row in states)
            return not is_any_held and not await connection.fetchval(checks.OVERDUE)
        finally:
            await connection.close()

    deadline = time.monotonic() + 60
    while not arena.system.run(is_swept()) and time.monotonic() < deadline:
        time.sleep(0.2)


def _send(arena: Arena, name: str, terminals: Terminals, *, databases: int, apis: int) -> None:
    strikes = Strikes(arena.system, name, terminals.wanted, databases=databases, apis=apis)
    terminals.run(strikes)
    strikes.end(len(terminals.answers))


def _shuffled(scans: Iterable[Scan]) -> list[Scan]:
    """Return each scan as often as it is sent, in any order."""
    sent = [scan for scan in scans for _ in range(REPLAYS)]
    chance.shuffle(sent)
    return sent


def _told(terminals: Terminals) -> list[tuple[str, int]]:
    answers = terminals.answers
    return [
        ("settled", sum(answer.status == 201 and not answer.is_replay for answer in answers)),
        ("refused", sum(answer.status != 201 and not answer.is_replay for answer in answers)),
        ("replays", sum(answer.is_replay for answer in answers)),
        ("tries cut off", terminals.interrupted),
    ]
