"""Unit tests of an answer's Python as the `python` assertion of promptfoo, which runs them unconfined."""

import json

_NOT_RUN = 77
"""The status of tests that hold one which is not run: neither passed nor failed."""
# Behind the tests, which only define functions or cases where they are no plain statements.
_CALLS = f"""
import inspect, sys, unittest
def _is_later(one):
    return inspect.iscoroutinefunction(one) or inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one)
def _takes_arguments(one):
    try:
        inspect.signature(one).bind()
    except TypeError:
        return True
    return False
_named = list(globals().items())
_tests = [one for name, one in _named if name.startswith('test_') and callable(one)]
_classes = [one for name, one in _named if isinstance(one, type)]
_cases = [one for one in _classes if issubclass(one, unittest.TestCase)]
_methods = [getattr(one, name) for one in _cases for name in unittest.defaultTestLoader.getTestCaseNames(one)]
_others = [
    one for one in _classes
    if one not in _cases and one.__name__.startswith('Test') and any(name.startswith('test_') for name in dir(one))
]
if _others or any(map(_is_later, _tests + _methods)) or any(map(_takes_arguments, _tests)):
    sys.exit({_NOT_RUN})
for _test in _tests:
    _test()
if _cases:
    unittest.main(argv=['tests'])
"""


def assertion_code(tests: str, *, negated: bool) -> str:
    """The value of the assertion; it raises where a test is of a kind that is not run."""
    code = json.dumps(f"{tests}\n{_CALLS}")
    return (
        "import re, subprocess, sys\n"
        "blocks = re.findall(r'```(?:python|py)?\\n(.*?)```', output, re.S)\n"
        f"code = '\\n'.join(blocks or [output]) + '\\n' + {code}\n"
        "done = subprocess.run([sys.executable, '-I', '-c', code], capture_output=True, timeout=20)\n"
        f"if done.returncode == {_NOT_RUN}:\n"
        "    raise RuntimeError('a test that takes arguments, is async, or is of pytest is not run')\n"
        f"return done.returncode {'!=' if negated else '=='} 0"
    )
