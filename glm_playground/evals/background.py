"""The evaluations that this process works on; they go on whatever a page does, and are stopped with the server."""

import logging
import threading

from glm_playground.evals.execution import Execution
from glm_playground.ledger import LedgerError
from glm_playground.ledger.evaluation_values import EvaluationRow

_log = logging.getLogger(__name__)
_CLOSE_S = 10.0
_lock = threading.Lock()
_running: dict[int, tuple[Execution, threading.Thread]] = {}


def begin(row: EvaluationRow, execution: Execution) -> bool:
    """Works on it in the background; False where this process does so already."""

    def work() -> None:
        try:
            execution.run()
        except LedgerError as error:
            _log.error("the last answers of evaluation %s are not stored [%s]: %s", row.id, error.id, error)
        except Exception:  # noqa: BLE001 - nobody waits for this thread
            _log.exception("evaluation %s ends in the middle", row.id)
            execution.stop()
        finally:
            with _lock:
                _running.pop(row.number, None)

    with _lock:
        if row.number in _running:
            return False
        thread = threading.Thread(target=work, name=f"evaluation {row.id}", daemon=True)
        _running[row.number] = execution, thread
    thread.start()
    return True


def here(row: EvaluationRow) -> Execution | None:
    """What works on it in this process; None where nothing does."""
    with _lock:
        found = _running.get(row.number)
    return found[0] if found else None


def close() -> None:
    """Stops all of them and waits until what was under way is stored; for the end of the server."""
    with _lock:
        stopping = list(_running.values())
    for execution, _thread in stopping:
        execution.stop()
    for _execution, thread in stopping:
        thread.join(_CLOSE_S)
