"""The process may have as many connections as the system allows."""

import subprocess
import sys

import pytest

_SCRIPT = """
import resource
from glm_playground.ui.server.open_files import allow_many_files
_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
allow_many_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], hard)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only Unix has the limit")
def test_the_limit_is_raised_as_far_as_the_system_allows() -> None:
    said = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, timeout=30)
    soft, hard = map(int, said.stdout.split())
    assert soft == (65_536 if hard == -1 else min(hard, 65_536))
