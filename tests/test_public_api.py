"""The public surface: these names, importable, and cheap to import."""

from __future__ import annotations

import subprocess
import sys

import kezhong as kz


def test_every_public_name_resolves() -> None:
    for name in kz.__all__:
        assert getattr(kz, name) is not None


def test_assess_is_callable_whichever_way_it_was_imported() -> None:
    code = "import kezhong.assess.api, kezhong as kz; assert callable(kz.assess); from kezhong import assess; assert callable(assess)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_package_does_not_import_the_heavy_libraries() -> None:
    code = "import sys, kezhong; assert not {'numpy', 'pandas', 'numba'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_never_imports_agpl_engines() -> None:
    from pathlib import Path

    root = Path(kz.__file__).parent
    assert [path for path in root.rglob("*.py") if "pandana" in path.read_text("utf-8")] == []
