"""Who may do what, where: permissions × organisations × areas, decided in one place and inside the query."""
