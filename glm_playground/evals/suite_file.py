"""Opens a file as a suite by its name: a configuration of promptfoo, a table, or lines of JSON."""

from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple

from glm_playground import bounds
from glm_playground.chat.folders import Omission
from glm_playground.evals.promptfoo import Opened, read_promptfoo
from glm_playground.evals.promptfoo_written import write_promptfoo
from glm_playground.evals.suite import SUFFIXES, Suite, SuiteError, SuiteProblem
from glm_playground.evals.suite_folder import SuiteFolder
from glm_playground.evals.tables import read_csv, read_jsonl, write_csv, write_jsonl


def _read_table(text: str, folder: SuiteFolder | None) -> Opened:
    return read_csv(text, folder=folder)


_READERS: dict[str, Callable[[str, SuiteFolder | None], Opened]] = dict(
    zip(SUFFIXES, (read_promptfoo, read_promptfoo, _read_table, _read_table, read_jsonl, read_jsonl), strict=True)
)


_WHY = {
    Omission.SKIPPED: "it is of a tool, not of the author",
    Omission.SECRET: "by its name it may hold a key or a password",
    Omission.NOT_TEXT: "it is not text in UTF-8",
    Omission.TOO_LARGE: "it is too large",
    Omission.NO_ROOM: "the folder has no more room",
    Omission.UNSAFE: "its path is not one that can be sent",
}


class FormatLoss(NamedTuple):
    """What a format cannot say of a suite."""

    tools: int = 0
    """Cases whose tools are left out."""
    attachments: int = 0
    """Cases whose attachments are left out."""


def left_out(suite: Suite, kind: str) -> FormatLoss:
    """What is not in the file that the writer of that name makes: YAML has all, JSONL no tools, CSV none of both."""
    tools = sum(bool(case.tools) for case in suite.cases) if kind != "yaml" else 0
    return FormatLoss(tools, sum(bool(case.attachments) for case in suite.cases) if kind == "csv" else 0)


WRITERS: dict[str, Callable[[Suite], str]] = {"yaml": write_promptfoo, "csv": write_csv, "jsonl": write_jsonl}
"""By what a file is asked for as."""


def open_suite(name: str, data: bytes, folder: SuiteFolder | None = None) -> Opened:
    """The suite in a file, whatever its bytes are.

    Args:
        name: of the file.
        data: its bytes.
        folder: whose files the suite may name; None where it may name none, as on a page.

    Raises:
        SuiteError: with what is wrong, and where.
    """
    reader = _READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise SuiteError(SuiteProblem("", f"a suite is a file named {', '.join(f'*{suffix}' for suffix in SUFFIXES)}"))
    if len(data) > bounds.SUITE_FILE_BYTES:
        raise SuiteError(SuiteProblem("", f"the file has more than {bounds.SUITE_FILE_BYTES:,} bytes"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SuiteError(SuiteProblem("", "not UTF-8: save the file in this encoding", line)) from None
    found = reader(text, folder)
    missing = (
        [SuiteProblem("", f"{path} is not attached: {_WHY[why]}") for path, why in folder.left_out] if folder else []
    )
    return found._replace(unsupported=(*found.unsupported, *missing))
