"""What the app finds on this machine: its folder, who reads its files, and how many it may open."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from glm_playground.service.doctor.finding import Diagnosis, Level
from glm_playground.service.storage import FILE_NAME
from glm_playground.settings import COOKIE_SECRET_FILE, ENVIRONMENT_NAMES, SECRETS_FILE, Settings

FILES_A_TAB: Final = 4
"""Descriptors that a tab takes at most: its websocket, an upload, a stream and its connection."""


_OWN_FILES: Final = 128
_FEW_TABS: Final = 250
_LEAST_DISK: Final = 2**30


def data_folder(settings: Settings) -> Iterator[Diagnosis]:
    """Whether it can be written, by the app alone, and has room."""
    about, folder = "data folder", Path(settings.data_folder)
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK) or not nearest.is_dir():
        todo = f"allow the app's user to write it, or set {ENVIRONMENT_NAMES['data_folder']} to another folder"
        yield Diagnosis(about, Level.PROBLEM, f"{nearest} cannot be written", todo)
        return
    if nearest != folder:
        yield Diagnosis(about, Level.OK, f"{folder} is made at the first start")
        return
    open_to_others = [
        path
        for path in (folder, *folder.glob(f"{FILE_NAME}*"), *folder.glob(COOKIE_SECRET_FILE))
        if is_open_to_others(path)
    ]
    if open_to_others:
        names = " ".join(map(str, open_to_others))
        todo = f"chmod go-rwx {names}"
        yield Diagnosis(about, Level.PROBLEM, f"other users of this machine can read or enter {names}", todo)
    else:
        yield Diagnosis(about, Level.OK, f"{folder} can be written and is closed to other users")
    if (free := shutil.disk_usage(folder).free) < _LEAST_DISK:
        yield Diagnosis(about, Level.WARNING, f"{free // 2**20} MB are left on its disk", "make space")


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read or enter it."""
    return sys.platform != "win32" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def secrets_file(_settings: Settings) -> Iterator[Diagnosis]:
    """Whether others may read the secrets."""
    if SECRETS_FILE.exists() and is_open_to_others(SECRETS_FILE):
        said = f"other users of this machine can read {SECRETS_FILE}"
        yield Diagnosis("secrets", Level.PROBLEM, said, f"chmod 600 {SECRETS_FILE}")


def open_files(_settings: Settings) -> Iterator[Diagnosis]:
    """How many tabs the limit of open files leaves room for."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        yield Diagnosis("files", Level.OK, "no limit of open files")
        return
    tabs = max(0, hard - _OWN_FILES) // FILES_A_TAB
    said = f"{hard} open files at most, enough for about {tabs} tabs"
    if tabs < _FEW_TABS:
        yield Diagnosis(
            "files", Level.WARNING, said, "raise it: LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536"
        )
    else:
        yield Diagnosis("files", Level.OK, said)
