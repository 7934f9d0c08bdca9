"""The server under the office: opening it, transactions that survive its restart, backup. Nothing about tables."""

from kezhong.office.database.address import DatabaseAddress
from kezhong.office.database.embedded import EmbeddedServer, state_folder
from kezhong.office.database.server import Database, open_database, running

__all__ = [
    "Database",
    "DatabaseAddress",
    "EmbeddedServer",
    "open_database",
    "running",
    "state_folder",
]
