"""How many files and connections the process may have open."""

import sys

MOST_OPEN = 65_536


def allow_many_files() -> None:
    """Raises the process's limit, often 1024, as far as the system allows.

    A tab takes four: its websocket and, by Streamlit, an event loop of its own.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - only Unix has it

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_OPEN if hard == resource.RLIM_INFINITY else min(MOST_OPEN, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
