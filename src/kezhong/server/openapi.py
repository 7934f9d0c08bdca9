"""``python -m kezhong.server.openapi web/openapi.json``: write the interface's description."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kezhong.city.files import write_text
from kezhong.server.app import describe


def document() -> str:
    """The OpenAPI document as readable JSON."""
    return json.dumps(describe().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), document())
