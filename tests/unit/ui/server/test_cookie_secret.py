"""The secret that cookies are signed with, and where it is kept."""

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glm_playground.settings import Settings
from glm_playground.ui.server.cookie_secret import FILE_NAME, cookie_secrets


def settings(folder: Path, **values: str) -> Settings:
    return Settings(GLM_PLAYGROUND_DATA_FOLDER=folder, **values)


def test_it_is_kept_in_the_data_folder_for_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    (made,) = cookie_secrets(settings(folder))
    file = folder / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(made) >= 43
    file.chmod(0o644)
    assert cookie_secrets(settings(folder)) == (made,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [found.name for found in folder.iterdir()] == [FILE_NAME]


def test_several_processes_share_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: cookie_secrets(settings(tmp_path)), range(64)))
    assert len(found) == 1


def test_the_operators_come_first(tmp_path: Path) -> None:
    named = settings(tmp_path, GLM_PLAYGROUND_COOKIE_SECRET=f"{'n' * 32}, {'o' * 32}")
    assert cookie_secrets(named) == ("n" * 32, "o" * 32)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "short", "\0"])
def test_a_file_without_a_secret_is_left_alone_and_told(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    first, second = cookie_secrets(settings(tmp_path)), cookie_secrets(settings(tmp_path))
    assert first != second
    assert (tmp_path / FILE_NAME).read_text() == content
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.ERROR]
    assert first[0] not in caplog.text


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    assert len(cookie_secrets(settings(tmp_path / "file"))[0]) >= 43
    assert "GLM_PLAYGROUND_COOKIE_SECRET" in caplog.text


def test_with_postgresql_it_is_told_that_the_folder_must_last(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cookie_secrets(settings(tmp_path, GLM_PLAYGROUND_DATABASE_URL="postgresql://user:hidden@host/runs"))
    assert "GLM_PLAYGROUND_COOKIE_SECRET" in caplog.text
    assert "hidden" not in caplog.text
