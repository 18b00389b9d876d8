"""What `bench.collection` serves: the app, with a route that collects all garbage and says how long that took (ms)."""

import gc
import time
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glm_playground import ui
from glm_playground.ui.server.lifespan import lifespan
from glm_playground.ui.shared.page.script_error import on_script_error


async def _collect(request: Request) -> Response:
    # Of this thread alone, so that another process on the machine counts for nothing.
    began = time.thread_time()
    gc.collect()
    return JSONResponse((time.thread_time() - began) * 1000)


app = st.App(
    Path(ui.__file__).with_name("script.py"),
    routes=[Route("/collect", _collect)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
