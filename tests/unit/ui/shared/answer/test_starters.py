"""The repository of the Code starter: its prompt means what it says."""

import shutil
import subprocess
import sys
from pathlib import Path

from glm_playground.ui.shared.answer.starters import REPOSITORY, starters

_PATCH = (
    "    card.charge(total)\n",
    """    try:
        card.charge(total)
    except Exception:
        for article, count in basket.items():
            stock.release(article, count)
        raise
""",
)


def run_tests(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), "tests"]
    ran = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout


def test_one_integration_test_fails_and_a_patch_of_its_cause_mends_it(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    shutil.copytree(REPOSITORY, folder)
    status, said = run_tests(folder)
    assert status == 1, said
    assert "1 failed, 2 passed" in said
    assert "test_after_a_declined_payment_the_next_customer_gets_the_pieces" in said
    source = folder / "orders" / "checkout.py"
    assert _PATCH[0] in source.read_text()
    source.write_text(source.read_text().replace(*_PATCH))
    assert run_tests(folder)[0] == 0


def test_the_starter_has_every_file_of_it() -> None:
    [repository] = starters()["starter"].attachments
    assert [file.path for file in repository.files] == [
        "README.md",
        "orders/__init__.py",
        "orders/checkout.py",
        "orders/payment.py",
        "orders/stock.py",
        "tests/test_checkout.py",
    ]
    assert repository.left_out == ()
