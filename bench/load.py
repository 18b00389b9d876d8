"""Loads on the app's page beside the naive chat page, in the same run, over a real server and real websockets.

    python -m bench.load stream --tokens 4000     one chat, tokens as fast as they come
    python -m bench.load stream --tokens 32000    also: is the cost a token the same for a long answer
    python -m bench.load many --chats 80          many chats at 20 tokens/s
    python -m bench.load enter --chats 160        many that press Enter at once, beside a bare page with one answer
    python -m bench.load stop                     from the Stop button to the gateway's closed connection

Ends with status 1 when the app misses a stated limit. ``--only naive`` or ``--only app``, before the subcommand, leaves
the other out; with ``--tuned`` the naive page runs without the file watcher and the garbage collection after each run
that are Streamlit's defaults, so that the comparison is between the pages alone.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from bench.enter import enter
from bench.many_chats import many
from bench.one_chat import stream
from bench.pages import APP, BARE, NAIVE, NAIVE_TUNED, Page
from bench.stop import stop


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--app", type=Path, help="another script to measure in place of app.py, in its own folder")
    parser.add_argument("--path", help="the path of its chat page")
    parser.add_argument("--only", choices=("app", "naive"), help="measure one page")
    parser.add_argument("--tuned", action="store_true", help="take the baseline's costly default settings away")
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("stream", help="one chat")
    one.add_argument("--tokens", type=int, default=4000)
    one.add_argument("--repeats", type=int, default=5)
    some = kinds.add_parser("many", help="many chats at once")
    some.add_argument("--chats", type=int, default=80)
    some.add_argument("--rate", type=float, default=20.0, help="tokens a second, each chat")
    some.add_argument("--tokens", type=int, default=200)
    at_once = kinds.add_parser("enter", help="many press Enter at once")
    at_once.add_argument("--chats", type=int, default=160)
    press = kinds.add_parser("stop", help="the Stop button")
    press.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def _app_page(given: argparse.Namespace) -> Page:
    page = APP
    if given.app is not None:
        script = given.app.resolve()
        page = replace(page, script=script, cwd=script.parent)
    return page if given.path is None else replace(page, path=given.path)


def main() -> int:
    given = _arguments()
    naive = NAIVE_TUNED if given.tuned else NAIVE
    if given.kind == "enter":
        naive = BARE
    pages = {"app": (_app_page(given),), "naive": (naive,)}.get(given.only, (_app_page(given), naive))
    match given.kind:
        case "stream":
            held = stream(given.tokens, given.repeats, pages)
        case "many":
            held = many(given.chats, given.rate, given.tokens, pages)
        case "enter":
            held = enter(given.chats, pages)
        case _:
            held = stop(given.repeats, pages)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
