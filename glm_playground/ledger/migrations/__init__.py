"""The steps from an empty database to the newest tables, one module a step; `ledger.migration` runs them."""
