"""Where an evaluation of the command line is asked: in this process, or by the workers of a Dask scheduler."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glm_playground.cli.evaluation_run import INTERRUPTS, LEAVES, Working, watched
from glm_playground.cli.failure import Failure
from glm_playground.evals.evaluation import execution_of, most_at_once, opened
from glm_playground.evals.work import Work
from glm_playground.ledger import Ledger
from glm_playground.ledger.evaluation_values import EvaluationRow
from glm_playground.service import storage

if TYPE_CHECKING:
    from glm_playground.evals.dask_cluster import Cluster


@dataclass(frozen=True)
class WorkPlace:
    """Where it is asked; here where there is no cluster."""

    at_once: int
    """Requests at each gateway, at most."""
    cluster: "Cluster | None" = None

    def worked(self, ledger: Ledger, row: EvaluationRow, work: Work) -> EvaluationRow:
        """Opens the evaluation, works on it to its end and says how far it is; raises as `watched` does."""
        if self.cluster is None:
            return watched(execution_of(ledger, row, work, self.at_once), ledger, row, INTERRUPTS)
        from glm_playground.evals.cluster_execution import ClusterExecution  # noqa: PLC0415 - most need no cluster

        at_most = most_at_once(work, self.at_once)
        execution: Working = ClusterExecution(
            ledger.evaluations, opened(ledger, row), work, self.cluster, at_most=at_most
        )
        return watched(execution, ledger, row, LEAVES)


@contextmanager
def work_place(scheduler: str | None, at_once: int) -> Iterator[WorkPlace]:
    """The place, connected meanwhile.

    Raises:
        Failure: the cluster cannot be used, which is said before anything is stored.
    """
    if scheduler is None:
        yield WorkPlace(at_once)
        return
    if not storage.shared():
        raise Failure(
            "--scheduler needs the ledger in PostgreSQL, which workers on other machines can open: "
            "set GLM_PLAYGROUND_DATABASE_URL, here and for each worker"
        )
    from glm_playground.evals.dask_cluster import Cluster, ClusterError  # noqa: PLC0415 - most need no cluster

    try:
        cluster = Cluster(scheduler)
    except ClusterError as error:
        raise Failure(error) from None
    try:
        yield WorkPlace(at_once, cluster)
    finally:
        cluster.close()
