"""Where a link leads, in words that fit beside it."""

from urllib.parse import urlsplit


def host(address: str) -> str | None:
    """What a link leads to; None where the address is not one to link: only the web and mail are."""
    try:
        parts = urlsplit(address)
        found = parts.path if parts.scheme == "mailto" else parts.hostname
    except ValueError:
        return None
    return found if found and parts.scheme in {"http", "https", "mailto"} else None


def names(label: str, host: str) -> bool:
    """Whether the text of a link is its host or an address there, and nothing that looks like another."""
    try:
        parts = urlsplit(label if "//" in label else f"//{label}")
        return label == host or ("@" not in parts.netloc and parts.hostname == host)
    except ValueError:
        return False
