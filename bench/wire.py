"""Counting statements where nothing can hide them: on the wire between the server and PostgreSQL.

A proxy on a Unix socket passes everything on and counts what the client asks for (PostgreSQL's frontend protocol 3):
an Execute or a simple Query is a statement, BEGIN and COMMIT included; a Sync or a simple Query is a round trip.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
CHUNK_BYTES = 1 << 16


class Wire:
    """What went over the wire since the start."""

    def __init__(self) -> None:
        self._messages: Counter[str] = Counter()

    @property
    def statements(self) -> int:
        """Statements that PostgreSQL was told to run."""
        return self._messages["E"] + self._messages["Q"]

    @property
    def round_trips(self) -> int:
        """Times that the client waited for an answer."""
        return self._messages["S"] + self._messages["Q"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Path) -> None:
        """Carry one connection to the server behind ``target`` and back."""
        up_reader, up_writer = await asyncio.open_unix_connection(str(target))
        back = asyncio.create_task(_carry(up_reader, writer))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            # The first message has no type: its length and the rest follow.
            await self._pass(reader, up_writer, b"")
            while True:
                kind = await reader.readexactly(1)
                await self._pass(reader, up_writer, kind)
                self._messages[kind.decode("ascii", "replace")] += 1
        up_writer.close()
        await back

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: bytes) -> None:
        length = await reader.readexactly(4)
        writer.write(kind + length + await reader.readexactly(int.from_bytes(length) - 4))
        await writer.drain()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@contextmanager
def counting(socket_folder: Path) -> Iterator[tuple[Wire, Path]]:
    """Run the proxy in front of the server in ``socket_folder``; yield its counts and the folder of its own socket."""
    wire = Wire()
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory(prefix="echowall-wire-") as folder:

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await wire.serve(reader, writer, socket_folder / SOCKET_NAME)

        loop.run_until_complete(asyncio.start_unix_server(connected, str(Path(folder) / SOCKET_NAME)))
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield wire, Path(folder)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
