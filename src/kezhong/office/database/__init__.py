"""The server under the office: opening it, transactions that survive its restart, backup. Nothing about tables."""

from kezhong.office.database.address import DatabaseAddress
from kezhong.office.database.archive import Manifest
from kezhong.office.database.backup import BackupReport, Verified, backup, verify_backup
from kezhong.office.database.embedded import EmbeddedServer, state_folder
from kezhong.office.database.restore import restore
from kezhong.office.database.retrying import retrying
from kezhong.office.database.server import Database, open_database, running

__all__ = [
    "BackupReport",
    "Database",
    "DatabaseAddress",
    "EmbeddedServer",
    "Manifest",
    "Verified",
    "backup",
    "open_database",
    "restore",
    "retrying",
    "running",
    "state_folder",
    "verify_backup",
]
