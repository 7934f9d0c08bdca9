"""The office: people, their work and its record, in PostgreSQL."""
