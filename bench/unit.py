"""The unit: a constant JSON route on bare Starlette under the very uvicorn settings of ``echowall serve``."""

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.cli.serve import configure
from app.core.settings import get_settings

PATH = "/constant"


async def tell(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


def create_unit() -> Starlette:
    """Return the application that every other route is compared with."""
    return Starlette(routes=[Route(PATH, tell)])


if __name__ == "__main__":
    uvicorn.Server(configure("bench.unit:create_unit", get_settings(), workers=1)).run()
