"""The peer's own environment, made when it is first needed, so that its dependencies never meet ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PANDANA = "pandana==0.8"
FOLDER = Path(__file__).resolve().parents[1] / ".make" / "peers"


def pandana_python() -> str | None:
    """Interpreter that has pandana: ``KEZHONG_PANDANA_PYTHON``, else ``.make/peers``; ``None`` where it cannot be made.

    An empty ``KEZHONG_PANDANA_PYTHON`` asks for a measurement without the peer.
    """
    given = os.environ.get("KEZHONG_PANDANA_PYTHON")
    if given is not None:
        return given or None
    python = FOLDER / "bin" / "python"
    if _imports(python):
        return str(python)
    print(f"setting up {PANDANA} in {FOLDER.relative_to(FOLDER.parents[1])} (once)", file=sys.stderr, flush=True)
    FOLDER.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PANDANA]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or not _imports(python):
        print(f"{PANDANA} cannot be installed here; measured without it:\n{done.stderr}", file=sys.stderr)
        return None
    return str(python)


def _imports(python: Path) -> bool:
    if not python.is_file():
        return False
    return subprocess.run([str(python), "-c", "import pandana"], check=False, capture_output=True).returncode == 0
