"""The ledger for a command that asks gateways, and the errors of both in words."""

from collections.abc import Iterator
from contextlib import contextmanager

from glm_playground.cli.failure import Failure
from glm_playground.evals.candidates import CandidateError
from glm_playground.evals.evaluation import CapError
from glm_playground.gateway.gateways import GatewaysError
from glm_playground.ledger import Ledger, LedgerError, LedgerNoRoom
from glm_playground.service import runtime, storage
from glm_playground.settings import SettingsError

_OPEN_S = 10.0


@contextmanager
def opened_ledger() -> Iterator[Ledger]:
    """The ledger; what the process started ends with the block.

    Raises:
        Failure: why it cannot be used, or what in the block cannot be asked.
    """
    try:
        opened = storage.ledger(_OPEN_S)
        if isinstance(opened, LedgerError):
            raise opened.anew()
        yield opened
    except (SettingsError, GatewaysError, CandidateError, CapError, LedgerNoRoom) as error:
        raise Failure(error) from None
    except LedgerError as error:
        raise Failure(f"the database cannot be used: {error}") from None
    finally:
        runtime.close()
