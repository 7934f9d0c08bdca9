"""Everything the office holds as open files – one CSV a table with its schema – and back into an empty office."""

from kezhong.office.open_files.exporting import Exported, export_office
from kezhong.office.open_files.importing import Imported, import_office

__all__ = ["Exported", "Imported", "export_office", "import_office"]
