"""Spreadsheets on their way through the API, as an office sends them."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4

import httpx
import xlsxwriter

from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.people import Person

Cell = str | int | float | None


def xlsx(*rows: Sequence[Cell]) -> bytes:
    """Return a workbook of one sheet."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(number, place, cell)
    return file.getvalue()


def separated(*rows: Sequence[Cell], encoding: str = "utf-8") -> bytes:
    """Return rows as csv."""
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


class Office:
    """Somebody who imports, and a worker to do it."""

    def __init__(self, api: ApiClient, jobs: Jobs, person: Person) -> None:
        self.api = api
        self.jobs = jobs
        self.person = person

    async def send(
        self, kind: str, area_id: object, content: bytes, name: str = "名册.xlsx", *, key: str | None = None
    ) -> httpx.Response:
        """Send a file as a browser does."""
        return await self.api.request(
            "POST",
            f"/v1/imports?kind={kind}&area_id={area_id}",
            self.person,
            key=key or uuid4().hex,
            files={"file": (name, content, "application/octet-stream")},
        )

    async def upload(self, kind: str, area_id: object, content: bytes, name: str = "名册.xlsx") -> str:
        """Upload a file that is taken; return the import's id."""
        response = await self.send(kind, area_id, content, name)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def get(self, import_id: str) -> dict[str, Any]:
        """Return an import as it stands."""
        response = await self.api.get(f"/v1/imports/{import_id}", self.person)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def step(self, import_id: str, action: str, form: object = None) -> httpx.Response:
        """Ask for the next step."""
        return await self.api.post(f"/v1/imports/{import_id}/{action}", self.person, form)

    async def check(self, import_id: str) -> dict[str, Any]:
        """Have an import checked; return it."""
        response = await self.step(import_id, "check")
        assert response.status_code == 200, response.text
        await self.jobs.drain()
        return await self.get(import_id)

    async def confirm(self, import_id: str, *, accept_refused: bool = False) -> dict[str, Any]:
        """Have what was checked written; return the import."""
        response = await self.step(import_id, "confirm", {"accept_refused": accept_refused})
        assert response.status_code == 200, response.text
        await self.jobs.drain()
        return await self.get(import_id)

    async def checked(self, kind: str, area_id: object, content: bytes) -> dict[str, Any]:
        """Upload a file and have it checked."""
        checked = await self.check(await self.upload(kind, area_id, content))
        assert checked["status"] == "checked", checked
        return checked

    async def taken(
        self, kind: str, area_id: object, content: bytes, *, accept_refused: bool = False
    ) -> dict[str, Any]:
        """Upload a file, have it checked and written; return the import."""
        checked = await self.checked(kind, area_id, content)
        done = await self.confirm(checked["id"], accept_refused=accept_refused)
        assert done["status"] == "done", done
        return done

    async def rows(self, import_id: str, verdict: str | None = None) -> list[dict[str, Any]]:
        """Return what was found of the rows, all pages of it."""
        params: dict[str, Any] = {"limit": 50} | ({"verdict": verdict} if verdict else {})
        found: list[dict[str, Any]] = []
        while True:
            response = await self.api.get(f"/v1/imports/{import_id}/rows", self.person, **params)
            assert response.status_code == 200, response.text
            page = response.json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            params["cursor"] = page["next_cursor"]


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return how many rows are added, changed, untouched, refused."""
    found: dict[str, int] = told["counts"]
    assert found["rows"] == sum(found.values()) - found["rows"]
    return found["added"], found["changed"], found["untouched"], found["refused"]


def reasons(row: dict[str, Any]) -> list[tuple[str | None, str]]:
    """Return the fields and sentences of what is wrong with a row."""
    return [(reason["field"], reason["reason"]) for reason in row["reasons"]]
