"""What a page loads is what its first visitor waits for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_VISIT = """
import sys
from streamlit.testing.v1 import AppTest
tab = AppTest.from_file("app.py", default_timeout=20).run()
assert not tab.exception
tab.switch_page("pages/playground.py").run()
assert not tab.exception
print([name for name in ("pandas", "altair", "pyarrow", "xlsxwriter") if name in sys.modules])
"""


@pytest.mark.slow
def test_models_and_playground_load_no_pandas() -> None:
    # A key, so that no sandbox is started; nothing listens there and nothing is sent.
    environment = os.environ | {"RUNAPI_API_KEY": "unused", "RUNAPI_BASE_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", _VISIT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
