"""A Dask scheduler with its workers, as an evaluation uses them; the only module that imports Dask.

Whoever holds the scheduler's port can run code on every worker: it belongs on a network that is trusted, or behind
Dask's own TLS (`tls://`).
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from glm_playground.evals.cell_task import CellReport, CellTask, ask_next

_CONNECT_S = 10.0


class ClusterError(Exception):
    """The cluster cannot be used; the text is a sentence."""


class Cluster:
    """A connection to a scheduler.

    Args:
        address: such as `tcp://10.0.0.5:8786`.

    Raises:
        ClusterError: Dask is not installed, or no scheduler answers there.
    """

    def __init__(self, address: str) -> None:
        if find_spec("distributed") is None:
            raise ClusterError("--scheduler needs the package distributed: pip install 'glm-playground[cluster]'")
        from distributed import Client  # noqa: PLC0415 - only who installed the extra has it

        self.address = address
        try:
            self._client = Client(address, timeout=_CONNECT_S, set_as_default=False, name="glm-playground")
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(f"no Dask scheduler answers at {address}: {_first_line(error)}") from None

    def workers(self) -> Mapping[str, int]:
        """How many tasks each worker runs at once, by its address; waits for the scheduler.

        Raises:
            ClusterError: the scheduler is gone.
        """
        try:
            if self._client.status == "running":
                found: dict[str, int] = self._client.nthreads()
                return found
        except (OSError, TimeoutError, RuntimeError, ValueError):
            pass
        raise self.gone()

    def gone(self) -> ClusterError:
        """That the scheduler does not answer any more."""
        return ClusterError(f"the Dask scheduler at {self.address} is gone")

    def submit(self, task: CellTask, on_end: Callable[[], None]) -> Any:
        """Sends `task` to a worker; gives its future, and calls `on_end` once on another thread when it has ended.

        Dask drops a task whose future nobody holds.

        Raises:
            ClusterError: the scheduler is gone.
        """
        try:
            future = self._client.submit(_ask_next, task, key=f"evaluation-{task.id}-{uuid.uuid4().hex}", pure=False)
        except (OSError, RuntimeError):
            raise self.gone() from None
        # Not asked for its result there: Dask has one thread for all that is called back.
        future.add_done_callback(lambda _future: on_end())
        return future

    def told(self, futures: Sequence[Any]) -> list[CellReport | Exception]:
        """What ended tasks tell, or why they do not, in one question to the workers."""
        finished = [future for future in futures if future.status == "finished"]
        try:
            results = dict(zip(finished, self._client.gather(finished), strict=True)) if finished else {}
        except Exception:  # noqa: BLE001 - each is looked at alone: a worker may be gone with a result
            results = {}
        return [results[future] if future in results else self._told(future) for future in futures]

    def _told(self, future: Any) -> CellReport | Exception:
        from distributed import KilledWorker  # noqa: PLC0415 - see above
        from distributed.client import FutureCancelledError  # noqa: PLC0415

        try:
            told: CellReport = future.result(timeout=_CONNECT_S)
        except (FutureCancelledError, OSError, TimeoutError):
            return self.gone()
        except KilledWorker:
            return ClusterError("workers die while they ask: see their logs")
        except ModuleNotFoundError as error:
            return ClusterError(f"a worker has no module {error.name}: install glm-playground there")
        except Exception as error:  # noqa: BLE001 - whatever a worker raises
            return ClusterError(f"a worker fails: {type(error).__name__}: {_first_line(error)}")
        return told

    def close(self) -> None:
        """Leaves the scheduler; workers end what is under way."""
        self._client.close(timeout=_CONNECT_S)


def _ask_next(task: CellTask) -> CellReport:
    """Does the task on a worker, which names itself where something is wrong with it."""
    from distributed import get_worker  # noqa: PLC0415 - see above

    told = ask_next(task)
    return told._replace(said=f"worker {get_worker().address}: {told.said}") if told.said else told


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
