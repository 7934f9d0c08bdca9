"""Units: their tree and its versions, what becomes of their work when they change, and grid teams."""
