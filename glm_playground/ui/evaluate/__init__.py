"""The page Evaluate, and what only it knows."""
