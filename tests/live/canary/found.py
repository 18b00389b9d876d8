"""The keys that are looked for, and what was found of them."""

from tests.live.canary.traces import Canary

# Each of JSON, addresses, HTML, shells and Markdown spells some of it in its own way.
KEY = """sk-7Qx/9+Zk"w&4Vd<3%E'u~m_C*j"""
OWN = """sk-4Tb'2*Hn/r_8Yf>6+K"q&c%~Xd"""


class Found:
    """What was received or stored, by where; looked through at the end."""

    def __init__(self, *keys: str) -> None:
        self._canaries = [Canary(key) for key in keys]
        self.seen: dict[str, list[str]] = {}

    def look(self, where: str, *data: bytes) -> None:
        """Looks through all of it, part by part."""
        assert any(data), f"nothing came of {where}"
        traces = [trace for part in data for canary in self._canaries for trace in canary.traces(part)]
        if traces:
            self.seen[where] = traces[:5]
