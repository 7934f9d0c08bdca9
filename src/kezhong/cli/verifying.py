"""``kezhong verify``: the verification ledger goes out to the communities and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kezhong.cli.console import say

app = typer.Typer(
    help="核实台账：发给社区、收回 / verification ledgers out to the communities and back",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("export")
def export(
    city_dir: Annotated[Path, typer.Argument(metavar="CITY_DIR")],
    out: Annotated[Path, typer.Option(help="输出文件夹 / folder")],
) -> None:
    """每个社区一份 .xlsx / one .xlsx per community."""
    from kezhong.city.workspace import City
    from kezhong.intake import verify_export

    files = verify_export(City.open(city_dir), out)
    say(f"已写出 {len(files)} 份核实台账：{out}", f"{len(files)} verification ledgers written: {out}")


@app.command("import")
def import_(
    city_dir: Annotated[Path, typer.Argument(metavar="CITY_DIR")],
    file: Annotated[Path, typer.Argument(help="文件或文件夹 / file or folder", metavar="FILE")],
) -> None:
    """收回填好的台账 / read filled ledgers back."""
    from kezhong.city.workspace import City
    from kezhong.intake import verify_import

    report = verify_import(City.open(city_dir), file)
    say(
        f"读取 {report.read:,} 行，采用 {report.taken:,} 行核实结果；快照 {report.snapshot_id}",
        f"{report.read:,} rows read, {report.taken:,} findings taken; snapshot {report.snapshot_id}",
    )
