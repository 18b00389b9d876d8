"""What `test_memory` serves: the app, asking a gateway without a price list, and a route that tells what it holds."""

import gc
import sys
from collections import Counter
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glm_playground import ui
from glm_playground.gateway import GatewayClient, errors
from glm_playground.gateway.live import LivePrices
from glm_playground.service import runtime
from glm_playground.ui.server import lifespan
from glm_playground.ui.shared.page.script_error import on_script_error


async def _no_prices(client: GatewayClient, last: LivePrices | None) -> LivePrices:
    raise errors.PathNotFound("no price list")


def _objects(request: Request) -> Response:
    """How many objects there are, by the name of their class."""
    return JSONResponse(Counter(type(one).__name__ for one in gc.get_objects()))


def _blocks(request: Request) -> Response:
    """How many pieces of memory Python has given out, those of strings and bytes and of garbage among them."""
    return JSONResponse(sys.getallocatedblocks())


runtime.read_prices = _no_prices
lifespan._REAPS_EVERY_S = 0.2
lifespan._MANY_SESSIONS = 10
app = st.App(
    Path(ui.__file__).with_name("script.py"),
    routes=[Route("/objects", _objects), Route("/blocks", _blocks)],
    lifespan=lifespan.lifespan,
    on_script_error=on_script_error,
)
