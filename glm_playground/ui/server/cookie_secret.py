"""What the cookies of owners are signed with: the operator's secrets, else one kept in a file of the data folder."""

import logging
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from glm_playground.settings import COOKIE_SECRET_FILE as FILE_NAME
from glm_playground.settings import MIN_SECRET_LENGTH, Settings

_log = logging.getLogger(__name__)


def cookie_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets, the one that signs first; all of them are taken.

    Where the operator set none and the file can be neither read nor written, they last as long as the process.
    """
    if settings.cookie_secrets:
        return settings.cookie_secrets
    if settings.database_url and settings.database_url.get_secret_value().startswith("postgresql:"):
        _log.warning(
            "Histories are kept in PostgreSQL, and the secret that binds browsers to theirs in the folder %s alone. "
            "Set GLM_PLAYGROUND_COOKIE_SECRET, so that they outlast this folder and several servers share it.",
            settings.data_folder,
        )
    file = Path(settings.data_folder) / FILE_NAME
    try:
        return (_kept_secret(file),)
    except OSError as error:
        _log.error(
            "The secret for cookies cannot be kept in %s (%s): histories are lost to their browsers when this server "
            "ends. Set GLM_PLAYGROUND_COOKIE_SECRET or make the folder writable.",
            file,
            error.strerror or error,
        )
        return (secrets.token_urlsafe(32),)


def _kept_secret(file: Path) -> str:
    """The secret in `file`, which is made if it is missing; the first of several processes makes it."""
    with suppress(FileNotFoundError):
        return _read(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written elsewhere and linked, so that nobody ever reads half of it, and never replaced. mkstemp gives 0600.
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{FILE_NAME}-")
    try:
        with os.fdopen(descriptor, "w") as made:
            made.write(f"{secrets.token_urlsafe(32)}\n")
        with suppress(FileExistsError):
            os.link(name, file)
    finally:
        os.unlink(name)
    return _read(file)


def _read(file: Path) -> str:
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)
    text = file.read_text(errors="replace").strip()
    if len(text) < MIN_SECRET_LENGTH:
        raise OSError(f"it holds no secret of {MIN_SECRET_LENGTH} characters")
    return text
