"""Suites of cases, the checks that score an answer, and what follows from many of them."""
