"""Runs Python that nobody has read, apart from everything: in bubblewrap, or else in a sandboxed interpreter."""

from glm_playground.confinement.tested import Tested
from glm_playground.confinement.way import Way, permission, run_tests, way

__all__ = ["Tested", "Way", "permission", "run_tests", "way"]
