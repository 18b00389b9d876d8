"""What runs inside the confinement: the code of an answer, then its tests, in one process that ends afterwards.

`bubblewrap` starts it as `python -c`, from its text, with a job in JSON on stdin. Only the standard library of any
Python from 3.9 on is there. It writes one line when it is ready and one when the tests are done, each with the job's
token, so that code which ends the process in the middle has not passed. A code that sets out to deceive its own tests
can: it runs beside them.
"""

import inspect
import json
import linecache
import os
import resource
import sys
import traceback
import types
from typing import Any

ANSWER, TESTS = "<answer>", "<tests>"
_MOST = 400


def main() -> None:
    """Does the one job."""
    job = json.loads(sys.stdin.buffer.read())
    reply_to = os.dup(1)
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    _bind(job)
    _reply(reply_to, job["token"], {"ready": True})
    _reply(reply_to, job["token"], _tested(job["code"], job["tests"]))
    os._exit(0)


def _bind(job: dict[str, Any]) -> None:
    """Limits, and where this is root still, the user whose processes they count."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(job["user"], job["user"], job["user"])
        os.setresuid(job["user"], job["user"], job["user"])
    for name, limit in job["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


def _reply(reply_to: int, token: str, said: dict[str, Any]) -> None:
    os.write(reply_to, (json.dumps({"token": token, **said}) + "\n").encode())


def _tested(code: str, tests: str) -> dict[str, Any]:
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    for name, text in ((ANSWER, code), (TESTS, tests)):
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    try:
        body = compile(tests, TESTS, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return {"passed": None, "reason": _cut(f"the tests are no Python: {error}")}
    try:
        exec(compile(code, ANSWER, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what this is for
        before = dict(module.__dict__)
        exec(body, module.__dict__)  # noqa: S102
        added = {name: one for name, one in module.__dict__.items() if before.get(name) is not one}
        unrun = [why for name, one in added.items() if (why := _tried(name, one))]
        return _unit_tested(added, unrun)
    except SystemExit:
        return {"passed": False, "reason": "it ends the process"}
    except (Exception, KeyboardInterrupt, GeneratorExit) as error:  # noqa: BLE001 - an answer may raise anything
        return {"passed": False, "reason": _said(error)}


def _tried(name: str, one: Any) -> str:
    """Runs what is a test; why it is not run where it is one of another kind, else empty."""
    if isinstance(one, type):
        methods = [method for method in dir(one) if method.startswith("test_")]
        of_pytest = name.startswith("Test") and methods and not _is_test_case(one)
        return f"{name} is a class without unittest.TestCase" if of_pytest else ""
    if not name.startswith("test_") or not callable(one):
        return ""
    try:
        inspect.signature(one, follow_wrapped=False).bind()
    except TypeError:
        return f"{name} takes arguments"
    except ValueError:
        # What is written in C has no signature.
        pass
    return f"{name} is async, or a generator" if _runs_later(one()) else ""


def _runs_later(returned: Any) -> bool:
    return inspect.isawaitable(returned) or inspect.isgenerator(returned) or inspect.isasyncgen(returned)


def _is_test_case(one: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(one, unittest.TestCase)


def _unit_tested(added: dict[str, Any], unrun: list[str]) -> dict[str, Any]:
    """Runs what the tests define as `unittest.TestCase`, and says what all of them came to."""
    cases = [one for one in added.values() if isinstance(one, type) and _is_test_case(one)]
    if cases:
        import unittest  # noqa: PLC0415 - the tests have imported it

        result = unittest.TestResult()
        for one in cases:
            if one.__module__ != "answer":
                continue
            names = unittest.defaultTestLoader.getTestCaseNames(one)
            later = [f"{one.__name__}.{name}" for name in names if _is_later(getattr(one, name))]
            unrun += [f"{name} is async, or a generator" for name in later]
            if not later:
                unittest.defaultTestLoader.loadTestsFromTestCase(one).run(result)
        wrong: list[tuple[Any, str]] = result.failures + result.errors
        if wrong:
            test, told = wrong[0]
            return {"passed": False, "reason": _cut(f"{test.id()}: {told.strip().splitlines()[-1]}")}
        if result.unexpectedSuccesses:
            return {"passed": False, "reason": _cut(f"{result.unexpectedSuccesses[0].id()}: passes unexpectedly")}
        unrun += [f"{test.id()} is skipped: {why}" for test, why in result.skipped]
    return {"passed": None, "reason": _cut(f"a test is not run: {unrun[0]}")} if unrun else {"passed": True}


def _is_later(method: Any) -> bool:
    return (
        inspect.iscoroutinefunction(method) or inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method)
    )


def _said(error: BaseException) -> str:
    """The error, and the last line of the tests or the answer that it came through."""
    told = _cut("".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1])
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in (ANSWER, TESTS):
            where = "the tests" if frame.filename == TESTS else "the answer"
            return _cut(f"{told} (line {frame.lineno} of {where}: {frame.line})")
    return told


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST else text[: _MOST - 1] + "\N{HORIZONTAL ELLIPSIS}"


if __name__ == "__main__":
    main()
