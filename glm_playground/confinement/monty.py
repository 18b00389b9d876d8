"""Runs code in Monty, an interpreter without files, network or processes (github.com/pydantic/monty; extra `code`).

It knows a part of Python. Where it stops at anything but a failed assertion, that may be Monty's own, and nothing is
told about the code.
"""

import re
from importlib.util import find_spec

from glm_playground import bounds
from glm_playground.confinement.tested import Tested

_TEST = re.compile(r"^def[ \t]+(test_\w+)[ \t]*\(\s*\)", re.MULTILINE)
_OTHER_TEST = re.compile(
    r"""^(?:
        [ \t]+def[ \t]+test_                  # inside something
        | [ \t]*async[ \t]+def[ \t]+test_
        | def[ \t]+test_\w*[ \t]*\(\s*[^\s)]  # with arguments
        | [ \t]*test_\w*[ \t]*=[ \t]*lambda\b
        | [ \t]*class[ \t]+Test
    )""",
    re.MULTILINE | re.VERBOSE,
)
_TEST_CASE = re.compile(r"^\s*(?:import|from)\s+unittest\b", re.MULTILINE)


def is_there() -> bool:
    """Whether it is installed."""
    return find_spec("pydantic_monty") is not None


def run(code: str, tests: str) -> Tested:
    """What becomes of `code` followed by `tests`; waits for it, `bounds.CODE_S` at most and a moment."""
    import pydantic_monty  # noqa: PLC0415 - an extra

    if _TEST_CASE.search(tests):
        return Tested(None, "Monty has no unittest: install bubblewrap")
    if other := _OTHER_TEST.search(tests):
        line = tests[other.start() :].strip().partition("\n")[0]
        return Tested(None, f"Monty runs functions test_...() without arguments alone, not {line[:80]!r}")
    calls = "\n".join(f"{name}()" for name in dict.fromkeys(_TEST.findall(tests)))
    limits = pydantic_monty.ResourceLimits(
        max_feed_duration_secs=bounds.CODE_S, max_memory=bounds.CODE_MEMORY_BYTES, max_suspensions=100
    )
    try:
        with (
            pydantic_monty.Monty(max_processes=1, request_timeout=bounds.CODE_S + 1) as pool,
            pool.checkout(limits=limits) as session,
        ):
            session.feed_run(code, print_callback=_dropped)
            session.feed_run(f"{tests}\n{calls}", print_callback=_dropped)
    except pydantic_monty.MontyError as error:
        said = " ".join(str(error).split())[:400]
        if said.startswith("AssertionError"):
            return Tested(False, said)
        return Tested(None, f"Monty, which knows a part of Python, stops: {said}")
    except (OSError, RuntimeError) as error:
        return Tested(None, f"Monty does not run: {error}")
    return Tested(True)


def _dropped(_stream: str, _text: str) -> None:
    """Takes what is printed."""
