"""A RunAPI-shaped gateway on loopback, for trials without a key, demos offline and tests; never GLM itself."""
