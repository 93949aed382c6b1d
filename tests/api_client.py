"""A client of the API that finds every answer not promised by the OpenAPI document."""

import re
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import jsonschema_rs

from tests.people import Person

DOCUMENT = "urn:openapi"


class ApiClient:
    """Calls as a person; each answer must have a documented status, media type and form."""

    def __init__(self, client: httpx.AsyncClient, document: dict[str, Any]) -> None:
        self.client = client
        self.document = document
        self.registry = jsonschema_rs.Registry([(DOCUMENT, document)], draft=jsonschema_rs.Draft202012)
        self.validators: dict[str, jsonschema_rs.Validator] = {}
        self.paths = [
            (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, operations)
            for path, operations in sorted(document["paths"].items(), key=lambda item: item[0].count("{"))
        ]

    async def get(self, path: str, person: Person | None = None, **params: Any) -> httpx.Response:
        return await self.request("GET", path, person, params=params)

    async def post(
        self, path: str, person: Person | None = None, json: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        return await self.request("POST", path, person, json=json, key=key or uuid4().hex)

    async def put(self, path: str, person: Person | None = None, json: Any = None) -> httpx.Response:
        return await self.request("PUT", path, person, json=json)

    async def delete(self, path: str, person: Person | None = None) -> httpx.Response:
        return await self.request("DELETE", path, person)

    async def request(
        self, method: str, path: str, person: Person | None = None, *, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """Send a request as ``person`` (nobody: without a token) and check the answer against the document."""
        headers = dict(options.pop("headers", {}))
        if person is not None:
            headers.setdefault("Authorization", f"Bearer {person.token}")
        if key is not None:
            headers.setdefault("Idempotency-Key", key)
        response = await self.client.request(method, path, headers=headers, **options)
        self.check(method, path.split("?", 1)[0], response)
        return response

    def check(self, method: str, path: str, response: httpx.Response) -> None:
        """Fail when the document does not promise this answer."""
        template, operation = self._operation(method, path)
        if operation is None:
            assert response.status_code in {404, 405}, f"{method} {path} is not documented"
            return
        promised = operation["responses"].get(str(response.status_code))
        assert promised is not None, f"{method} {path} answered {response.status_code}: {response.text[:500]}"
        if "content" not in promised:
            assert not response.content
            return
        media_type = response.headers["content-type"].split(";")[0]
        assert media_type in promised["content"], f"{method} {path}: {media_type} is not documented"
        if not media_type.endswith("json"):
            return
        steps = ("paths", template, method.lower(), "responses", str(response.status_code), "content", media_type)
        self._validator(*steps, "schema").validate(response.json())
        if media_type == "application/problem+json":
            codes = promised["content"][media_type]["examples"]
            assert response.json()["code"] in codes, f"{method} {path}: {response.json()['code']} is not documented"

    def _validator(self, *steps: str) -> jsonschema_rs.Validator:
        """Return what checks the form at a place in the document; each is made once, and they share the document."""
        form = f"{DOCUMENT}#/" + "/".join(quote(step.replace("~", "~0").replace("/", "~1")) for step in steps)
        if form not in self.validators:
            self.validators[form] = jsonschema_rs.validator_for({"$ref": form}, registry=self.registry)
        return self.validators[form]

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any] | None]:
        for pattern, template, operations in self.paths:
            if pattern.match(path) and method.lower() in operations:
                return template, operations[method.lower()]
        return path, None
