"""The messages a tab keeps so that the server may send a hash in place of a large element it has sent before."""

from __future__ import annotations

from collections.abc import Collection

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# ``global.maxCachedMessageAge``'s default: how many finished runs a message outlives.
_MAX_AGE = 2


class MessageCache:
    """Cacheable messages by hash, each with the run count at which it came."""

    def __init__(self) -> None:
        self._messages: dict[str, tuple[ForwardMsg, int]] = {}
        self._runs = 0

    def hashes(self) -> Collection[str]:
        """What the server is told the tab still has."""
        return list(self._messages)

    def resolve(self, message: ForwardMsg) -> ForwardMsg:
        """The message itself, kept where it is cacheable, or the earlier one that a reference stands for."""
        if message.WhichOneof("type") != "ref_hash":
            if message.metadata.cacheable:
                self._messages.setdefault(message.hash, (message, self._runs))
            return message
        kept, _ = self._messages[message.ref_hash]
        self._messages[message.ref_hash] = kept, self._runs
        resolved = ForwardMsg()
        resolved.CopyFrom(kept)
        resolved.metadata.CopyFrom(message.metadata)
        return resolved

    def end_run(self) -> None:
        """Count a finished run and drop what no run has used for longer than the server's limit."""
        self._runs += 1
        self._messages = {
            hash_: (message, run) for hash_, (message, run) in self._messages.items() if self._runs - run <= _MAX_AGE
        }
