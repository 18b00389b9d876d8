"""The command line: `glm-playground bundle show | verify | replay | run FILE`.

Only `run` sends anything, after it said what and where and was told to. Text of a bundle is printed without control
characters, since a terminal obeys them.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

from glm_playground.bundles.bundle import (
    MAX_FILE_BYTES,
    Bundle,
    BundleError,
    RecordedRun,
    read_bundle,
    stand_in_notice,
    write_bundle,
)
from glm_playground.bundles.secrets import find_secrets, without_secrets
from glm_playground.bundles.snapshot import snapshot
from glm_playground.gateway import EventKind, Gateway
from glm_playground.gateway.configured import configured_gateway, sandbox_gateway
from glm_playground.runs.cost import Cost, CostState, cost_of
from glm_playground.runs.engine import Engine, LiveRun
from glm_playground.runs.metrics import metrics_of
from glm_playground.runs.prices import published_price
from glm_playground.runs.replay import FASTEST
from glm_playground.runs.run import Outcome, Run
from glm_playground.runs.thinking import answer_of
from glm_playground.sandbox.process import SandboxFailed, SandboxProcess
from glm_playground.settings import Settings, SettingsError, read_settings
from glm_playground.terminal import line, plain

_INTERRUPTED = 130
_DIM, _UNDIM = "\x1b[2m", "\x1b[22m"
_UNKNOWN = {CostState.NO_USAGE: "unknown, no usage was reported", CostState.NO_PRICE: "unknown, no price is known"}


class _Failure(Exception):
    """Why the command ends with status 1; the text is one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives its exit status: 0, 1 for an error, 2 for a wrong command line, 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    given = _parser().parse_args(arguments)
    try:
        status: int = given.command(given)
        sys.stdout.flush()
    except (_Failure, BundleError, SettingsError, SandboxFailed) as error:
        print(f"glm-playground: {line(str(error), 1000)}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read has seen enough; what is still buffered must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="glm-playground", description="Recorded runs of GLM models.")
    subjects = parser.add_subparsers(required=True, metavar="SUBJECT")
    bundle = subjects.add_parser("bundle", help="a .glmrun file with recorded runs")
    commands = bundle.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Any, words: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=words, description=words)
        found.add_argument("file", type=Path, metavar="FILE")
        found.set_defaults(command=act)
        return found

    show = command("show", _show, "Say what is in it; nothing is sent.")
    show.add_argument("--json", action="store_true", help="as JSON, unshortened")
    command("verify", _verify, "Check that it is whole and as it was written; nothing is sent.")
    replay = command("replay", _replay, "Print the answers at the pace they came at; nothing is sent.")
    replay.add_argument("--speed", type=_speed, default=1.0, help="times as fast, up to 1000")
    replay.add_argument("--run", type=int, metavar="N", help="only this run")
    again = command("run", _run, "Send the same requests to the configured server and compare; asks before.")
    again.add_argument("--run", type=int, metavar="N", help="only this run")
    again.add_argument("--yes", action="store_true", help="do not ask")
    again.add_argument("--out", type=Path, metavar="NEW.glmrun", help="keep the new runs in this file")
    return parser


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= FASTEST:
        raise argparse.ArgumentTypeError(f"expected a number above 0, at most {FASTEST:g}")
    return speed


def _read(path: Path) -> tuple[Bundle, int]:
    """The bundle in a file, and how many bytes the file has."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _Failure(f"{path} cannot be read: {error.strerror}") from None
    return read_bundle(data), len(data)


def _chosen(bundle: Bundle, number: int | None) -> list[tuple[int, RecordedRun]]:
    """The runs with their numbers: all, or the one that was asked for."""
    runs = list(enumerate(bundle.runs, start=1))
    if number is None:
        return runs
    if not 1 <= number <= len(runs):
        raise _Failure(f"there is no run {number}; the bundle has {len(runs)}")
    return runs[number - 1 : number]


def _show(given: argparse.Namespace) -> int:
    bundle, _size = _read(given.file)
    if given.json:
        runs = [_as_json(number, one) for number, one in _chosen(bundle, None)]
        written = bundle.created_at.isoformat()
        head = {"title": bundle.title, "created_at": written, "note": bundle.note, "versions": bundle.versions}
        # In ASCII, so that no character of a text reaches the terminal as itself.
        print(json.dumps(head | {"models": sorted(bundle.cards), "runs": runs}, indent=2))
        return 0
    print(line(bundle.title))
    print(f"written {bundle.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {_count(len(bundle.runs), 'run')}")
    if bundle.note:
        print(plain(bundle.note))
    for number, one in _chosen(bundle, None):
        prompt = one.run.request.messages[-1].content if one.run.request.messages else ""
        print(f"\nRun {number}: {line(one.run.request.model)}, lane {one.lane + 1}")
        rows = {"answered by": _answered_by(one.run), **_figures(one.run), "cost": _cost(one.cost)}
        rows |= {"prompt": line(prompt), "answer": line(answer_of(one.run)) or "none"}
        for name, text in rows.items():
            print(f"  {name:<12} {text}")
    return 0


def _as_json(number: int, one: RecordedRun) -> dict[str, Any]:
    run, cost, metrics = one.run, one.cost, metrics_of(one.run)
    return {
        "number": number,
        "lane": one.lane,
        "model": run.request.model,
        "server": run.server.name,
        "origin": run.server.origin,
        "stand_in": run.server.stand_in,
        "notice": stand_in_notice(run),
        "started_at": run.started_at.isoformat(),
        "outcome": run.outcome,
        "finish_reason": run.finish_reason,
        "prompt_tokens": run.usage.prompt_tokens if run.usage else None,
        "completion_tokens": run.usage.completion_tokens if run.usage else None,
        "ttft_ms": None if metrics.ttft is None else metrics.ttft / 1e6,
        "output_speed": metrics.output_speed,
        "cost_state": cost.state if cost else None,
        "cost_usd": str(cost.amount) if cost and cost.amount is not None else None,
        "messages": [message.model_dump(exclude_defaults=True) for message in run.request.messages],
        "answer": answer_of(run),
        "error": run.error.message if run.error else None,
    }


def _verify(given: argparse.Namespace) -> int:
    bundle, size = _read(given.file)
    events = sum(len(one.run.events) for one in bundle.runs)
    print(f"{line(str(given.file))} is a whole bundle of version 1, {size:,} bytes.")
    print(
        f"Checked: paths, sizes and checksums of every part against the manifest, "
        f"{_count(len(bundle.runs), 'run')} with {_count(events, 'event')} "
        f"and the facts of {_count(len(bundle.cards), 'model')} field by field."
    )
    print("A checksum shows damage, not who wrote the file.")
    return 0


def _replay(given: argparse.Namespace) -> int:
    bundle, _size = _read(given.file)
    with _engine() as engine:
        for number, one in _chosen(bundle, given.run):
            run = one.run
            print(
                f"REPLAY of run {number}: {line(run.request.model)} at {given.speed:g} times the pace of "
                f"{run.started_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC; nothing is sent."
            )
            print(f"Answered by {_answered_by(run)}.\n", flush=True)
            _print_while_it_grows(engine, engine.replay(run, speed=given.speed))
            print(", ".join(f"{name} {text}" for name, text in _figures(run).items()) + f", cost {_cost(one.cost)}\n")
    return 0


def _print_while_it_grows(engine: Engine, run: LiveRun) -> None:
    """Prints the text of `run` as it comes; its reasoning is dim on a terminal, and marked elsewhere."""
    dim = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    seen, last, ended = 0, None, False
    while not ended:
        engine.wait_changed(run, seen, timeout=0.2)
        # Read first: what came before the end is then printed in any case.
        ended = run.ended
        events = run.events[seen:]
        seen += len(events)
        for event in events:
            if event.kind not in {EventKind.REASONING, EventKind.CONTENT}:
                continue
            if event.kind is not last:
                sys.stdout.write(_heading(event.kind, first=last is None, dim=dim))
                last = event.kind
            text = plain(event.text)
            sys.stdout.write(f"{_DIM}{text}{_UNDIM}" if dim and event.kind is EventKind.REASONING else text)
        sys.stdout.flush()
    print("\n")


def _heading(kind: EventKind, *, first: bool, dim: bool) -> str:
    gap = "" if first else "\n\n"
    if dim or (first and kind is EventKind.CONTENT):
        return gap
    return f"{gap}[{'reasoning' if kind is EventKind.REASONING else 'answer'}]\n"


def _run(given: argparse.Namespace) -> int:
    bundle, _size = _read(given.file)
    chosen = _chosen(bundle, given.run)
    if given.out and given.out.exists():
        raise _Failure(f"{given.out} is there already; nothing was sent")
    settings = read_settings()
    with _gateway(settings) as gateway, _engine(settings) as engine:
        _say_what_is_sent(chosen, gateway)
        if not given.yes and not _agreed():
            raise _Failure("nothing was sent")
        again = [_ask_again(engine, gateway, number, one) for number, one in chosen]
        if given.out:
            known = [gateway.key.get_secret_value()] if gateway.key else []
            when = f"{bundle.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            note = f"The requests of the bundle of {when}, sent again."
            _keep(given.out, snapshot(again, bundle.title, note), known)
    return 1 if any(one.run.outcome is Outcome.FAILED for one in again) else 0


@contextmanager
def _engine(settings: Settings | None = None) -> Iterator[Engine]:
    engine = (
        Engine(connect_timeout=settings.connect_timeout, read_timeout=settings.read_timeout) if settings else Engine()
    )
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _gateway(settings: Settings) -> Iterator[Gateway]:
    """The configured server, or a sandbox that lives as long as the command."""
    if configured := configured_gateway(settings):
        yield configured
        return
    with SandboxProcess.start(settings.sandbox_engine) as process:
        yield sandbox_gateway(process.base_url, process.key, process.model)


def _say_what_is_sent(chosen: Sequence[tuple[int, RecordedRun]], gateway: Gateway) -> None:
    models = ", ".join(dict.fromkeys(line(one.run.request.model) for _number, one in chosen))
    notice = f" (stand-in, not GLM: {gateway.stand_in})" if gateway.stand_in else ""
    key = "with a key" if gateway.key else "without a key"
    print(f"This sends {_count(len(chosen), 'request')} to {gateway.name}{notice}, {gateway.origin}, {key}.")
    print(f"Models: {models}")
    print(f"Cost: {_estimate([one.run for _number, one in chosen], gateway)}", flush=True)


def _estimate(runs: Sequence[Run], gateway: Gateway) -> str:
    """What the runs would cost if they used as many tokens again; a bundle's own prices are not believed."""
    if gateway.stand_in:
        return "nothing, the sandbox charges nothing"
    if not gateway.failed_not_charged:
        return f"unknown, no price of {gateway.name} is known"
    total = Decimal(0)
    for run in runs:
        usage = run.usage._replace(cost=None) if run.usage else None
        cost = cost_of(replace(run, usage=usage, outcome=Outcome.COMPLETED), published_price(run.request.model))
        if cost.amount is None:
            return f"unknown: for {line(run.request.model)}, {_cost(cost)}"
        total += cost.amount
    return f"about {_dollars(total)}, with the tokens of the recording and RunAPI's published prices"


def _agreed() -> bool:
    try:
        return input("Send? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print()
        return False


def _ask_again(engine: Engine, gateway: Gateway, number: int, one: RecordedRun) -> RecordedRun:
    """Sends the request of a run once more, and prints both beside each other."""
    run = engine.start(one.run.request, gateway)
    try:
        while not run.ended:
            engine.wait_end([run], timeout=0.5)
    except KeyboardInterrupt:
        engine.stop(run)
        raise
    old, new = _figures(one.run), _figures(run)
    print(f"\nRun {number}: {line(run.request.model)}")
    print(f"  {'':<10} {'recorded':<28} new")
    for name in old:
        print(f"  {name:<10} {old[name]:<28} {new[name]}")
    same = answer_of(one.run) == answer_of(run)
    print(f"  {'by':<10} {_answered_by(one.run)}; new: {_answered_by(run)}")
    print(f"  {'answer':<10} {'the same' if same else 'not the same'}")
    if run.error:
        print(f"  {'error':<10} {line(run.error.message)}")
    price = None if gateway.stand_in or not gateway.failed_not_charged else published_price(run.request.model)
    return RecordedRun(run, cost_of(run, price), one.lane)


def _keep(path: Path, bundle: Bundle, known: Sequence[str]) -> None:
    # What is certainly a key of ours never leaves; what merely looks like one is named.
    bundle = without_secrets(bundle, known, only_known=True)
    for finding in find_secrets(bundle):
        print(f"Look at it before you pass it on: {line(finding.where)}: {finding.kind}, {line(finding.excerpt)}")
    data = write_bundle(bundle)
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise _Failure(f"{path} cannot be written: {error.strerror}") from None
    print(f"\nKept in {line(str(path))}, {len(data):,} bytes.")


def _answered_by(run: Run) -> str:
    notice = stand_in_notice(run)
    return f"{line(run.server.name)} ({line(run.server.origin)})" + (f", {line(notice)}" if notice else "")


def _figures(run: Run) -> dict[str, str]:
    metrics = metrics_of(run)
    tokens = run.usage.completion_tokens if run.usage else None
    reason = f" ({line(run.finish_reason, 40)})" if run.finish_reason else ""
    return {
        "outcome": f"{run.outcome}{reason}",
        "tokens": "unknown" if tokens is None else f"{tokens:,}",
        "TTFT": "none" if metrics.ttft is None else f"{metrics.ttft / 1e9:.2f} s",
        "speed": "none" if metrics.output_speed is None else f"{metrics.output_speed:.1f} tokens/s",
    }


def _cost(cost: Cost | None) -> str:
    if cost is None:
        return "unknown"
    if cost.amount is None:
        return _UNKNOWN.get(cost.state, cost.state.replace("_", " "))
    play = ", play money" if cost.price and cost.price.play_money else ""
    return f"{_dollars(cost.amount)} {cost.state}{play}"


def _dollars(amount: Decimal) -> str:
    return f"${amount:f}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


if __name__ == "__main__":
    sys.exit(main())
