"""``kezhong office``: setting up, keeping and moving the office of a city."""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kezhong.cli.console import local_time, progress_bar, say
from kezhong.errors import InputError

if TYPE_CHECKING:
    from kezhong.office.audit.anchor_copies import Settled

app = typer.Typer(
    help="办公室：设立、状态、备份、导出 / the office: set up, status, backup, export",
    no_args_is_help=True,
    rich_markup_mode=None,
)
CityDir = Annotated[Path, typer.Argument(metavar="CITY_DIR", help="城市文件夹 / city folder")]
_PASSWORD = "KEZHONG_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable


@app.command()
def init(
    city_dir: CityDir,
    admin_user: Annotated[
        str, typer.Option(help="第一位管理员的用户名 / user name of the first administrator")
    ] = "admin",
    unit: Annotated[str, typer.Option(help="办公室全称 / full name of the office's unit")] = "",
) -> None:
    """设立办公室和第一位管理员 / set up the office and its first administrator.

    口令取自环境变量 KEZHONG_ADMIN_PASSWORD,没有时询问。/ The password is asked for, or taken from that variable.
    """
    from kezhong.office.founding import check_first_password, found
    from kezhong.office.office import has_office, make_office, open_office

    ready = has_office(city_dir)
    password = _password()
    check_first_password(password, admin_user)
    # An office without people is one whose setting up was broken off: it is gone on with.
    with open_office(city_dir) if ready else make_office(city_dir) as office:
        made = found(office, admin_user, password, unit=unit)
    say(
        f"已设立“{made.unit}”，管理员用户名 {made.username}。启动：kezhong serve {city_dir}",
        f"set up “{made.unit}”, administrator {made.username}. Start it: kezhong serve {city_dir}",
    )


@app.command()
def sync(city_dir: CityDir) -> None:
    """把最新快照的区域同步到办公室 / copy the areas of the newest snapshot."""
    from kezhong.city.workspace import City
    from kezhong.office.office import open_office
    from kezhong.office.sync import sync_areas

    with open_office(city_dir) as office, office.acting(office.system("sync")) as session:
        done = sync_areas(session, City.open(office.city_folder))
    say(
        f"区域 {done.areas} 个：新增 {done.new}，停用 {done.ended}",
        f"{done.areas} areas: {done.new} new, {done.ended} ended",
    )


@app.command()
def migrate(city_dir: CityDir) -> None:
    """升级数据库结构 / bring the database's schema up to this program."""
    from kezhong.office import migrations
    from kezhong.office.office import open_office

    with open_office(city_dir) as office:
        have = migrations.present(office.database.app_engine)
    say(f"数据库结构版本 {have}，已是最新", f"the schema is at revision {have}, the newest")


@app.command()
def status(city_dir: CityDir, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False) -> None:
    """办公室的运行状态 / how the office stands."""
    from kezhong.office.office import open_office
    from kezhong.office.status import status as look

    with open_office(city_dir) as office:
        now, zone = look(office), office.config.timezone
    if as_json:
        sys.stdout.write(json.dumps(asdict(now), ensure_ascii=False, indent=1, default=str) + "\n")
        return
    kind = ("自带", "embedded") if now.embedded else ("外部", "the city's own")
    say(
        f"数据库  PostgreSQL {now.server}（{kind[0]}）{now.database}  {now.size / 1e6:.1f} MB",
        f"database  PostgreSQL {now.server} ({kind[1]}) {now.database}  {now.size / 1e6:.1f} MB",
    )
    say(f"结构版本  {now.revision}（最新 {now.newest}）", f"schema  {now.revision} (newest {now.newest})")
    say(
        f"单位 {now.units}  人员 {now.people}  任务 {now.tasks}  审计记录 {now.entries}",
        f"{now.units} units  {now.people} people  {now.tasks} tasks  {now.entries} entries of the audit",
    )
    at = local_time(now.anchor_at or "", zone)
    say(
        f"锚点  第 {now.anchor_seq} 条  {at}  {'已签名' if now.anchor_signed else '未签名'}",
        f"anchor  entry {now.anchor_seq}  {at}  {'signed' if now.anchor_signed else 'unsigned'}",
    )
    backup = local_time(str(now.backup["at"]), zone) if now.backup else "–"
    say(f"备份  {backup}", f"backup  {backup}")
    say(f"待发通知 {now.waiting}，失败 {now.failed}", f"deliveries waiting {now.waiting}, failed {now.failed}")


@app.command()
def backup(
    city_dir: CityDir, out: Annotated[Path, typer.Option(help="备份文件 / file, e.g. office-2026-11-29.zip")]
) -> None:
    """在线备份数据库与附件 / back up database and evidence while people work."""
    from kezhong.office.copies import back_up
    from kezhong.office.office import open_office

    with open_office(city_dir) as office, progress_bar("office backup") as progress:
        report = back_up(office, out, progress=progress)
    rows, files = sum(table.rows for table in report.manifest.tables), len(report.manifest.files)
    size = f"{report.size / 1e6:.1f} MB"
    say(
        f"已备份 {rows:,} 行、{files} 个附件，{size}：{out}（含个人信息，请妥善保管）",
        f"{rows:,} rows, {files} files, {size}: {out} (holds personal data)",
    )
    for name in report.damaged:
        say(f"! 附件内容与其摘要不符：{name}", f"! a file of evidence does not fit its digest: {name}")


@app.command()
def restore(city_dir: CityDir, file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 / backup")]) -> None:
    """把备份恢复到空的办公室 / put a backup into an office that is empty."""
    from kezhong.office.copies import restore_office
    from kezhong.office.office import has_office, make_office, open_office

    fresh = not has_office(city_dir)
    with (
        make_office(city_dir) if fresh else open_office(city_dir) as office,
        progress_bar("office restore") as progress,
    ):
        try:
            done = restore_office(office, file, progress=progress)
        except BaseException:
            if fresh:
                office.unmark()
            raise
        zone, anchors_file = office.config.timezone, office.anchors_file
    rows, made = done.manifest.rows, local_time(done.manifest.made, zone)
    say(f"已恢复 {rows:,} 行（备份于 {made}）", f"{rows:,} rows restored (backup of {made})")
    _tell_anchors(done.anchors, anchors_file)
    say("请核验审计链：kezhong audit verify", "now verify the chain: kezhong audit verify")


_ANCHORS: dict[str, tuple[str, str]] = {
    "placed": ("审计锚点已放回：{file}", "the anchors of the audit were put in place: {file}"),
    "extended": ("审计锚点已按备份补全：{file}", "the anchors of the audit were completed from the backup: {file}"),
    "same": ("审计锚点与备份一致：{file}", "the anchors of the audit are those of the backup: {file}"),
    "kept": (
        "现有审计锚点比备份的新，未作改动：{file}",
        "the present anchors of the audit are newer than the backup's and were left as they are: {file}",
    ),
    "none": (
        "备份中没有审计锚点；请另行取回 {file}",
        "the backup holds no anchors of the audit: get {file} back from elsewhere",
    ),
    "beside": (
        "! 现有审计锚点 {file} 与备份中的不是同一条链，未作改动；备份中的另存为 {copy}，请查明原因",
        "! the present anchors {file} were left; those of the backup are of another chain: {copy}. Find out why",
    ),
}


def _tell_anchors(found: Settled, file: Path) -> None:
    zh, en = _ANCHORS[found.outcome]
    say(zh.format(file=file, copy=found.copy), en.format(file=file, copy=found.copy))
    if found.rollback is not None:
        seq, known = found.rollback.seq, found.rollback.known
        say(
            f"! 锚点记到第 {known} 条，恢复后的审计链只到第 {seq} 条：第 {seq + 1}–{known} 条不在库中。"
            "已在锚点中写明“退回到此条”，此后每次核验都会提示",
            f"! the anchors know entry {known}, the restored chain ends with {seq}: entries {seq + 1} to {known} are"
            " not in the database. The anchors now say that the chain was put back, and every verification will",
        )


@app.command("verify")
def verify_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 / backup")],
    against: Annotated[
        Path | None, typer.Option(help="与该城市的数据库对照 / compare with this city's database", metavar="CITY_DIR")
    ] = None,
) -> None:
    """检查备份文件；与数据库不同时退出码为 1 / check a backup; exit status 1 where it differs from the database."""
    from kezhong.office.database.backup import verify_backup
    from kezhong.office.office import open_office

    with progress_bar("office verify") as progress:
        if against is None:
            found = verify_backup(file, progress=progress)
        else:
            with open_office(against) as office:
                found = verify_backup(file, office.database, progress=progress)
    made, tables, files = found.manifest.made, len(found.manifest.tables), len(found.manifest.files)
    rows = sum(table.rows for table in found.manifest.tables)
    say(
        f"备份完好：{made}，{tables} 张表 {rows:,} 行，附件 {files} 个",
        f"sound: {made}, {tables} tables, {rows:,} rows, {files} files",
    )
    if found.differences:
        names = "、".join(found.differences)
        say(f"与数据库不同的表：{names}", f"tables that differ from the database: {names}")
        raise typer.Exit(1)


@app.command()
def export(
    city_dir: CityDir,
    out: Annotated[Path, typer.Option(help="输出文件夹 / folder")],
    with_personal_data: Annotated[
        bool, typer.Option("--with-personal-data", help="含姓名、电话、附件 / names, phones and files in clear")
    ] = False,
    reason: Annotated[str, typer.Option(help="导出个人信息的事由，记入审计 / why; goes into the audit")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 / do not ask")] = False,
) -> None:
    """把全部数据导出为开放格式；个人信息默认脱敏 / everything as open files; personal data masked by default."""
    from kezhong.office.office import open_office
    from kezhong.office.open_files import export_office

    if with_personal_data and not yes:
        _confirm()
    with open_office(city_dir) as office, progress_bar("office export") as progress:
        done = export_office(
            office, out, office.system("cli"), personal=with_personal_data, reason=reason, progress=progress
        )
    masked = ("含个人信息", "with personal data") if done.personal else ("个人信息已脱敏", "personal data masked")
    say(
        f"已导出 {done.tables} 张表 {done.rows:,} 行、{done.files} 个附件（{masked[0]}）：{out}",
        f"{done.tables} tables, {done.rows:,} rows, {done.files} files ({masked[1]}): {out}",
    )


@app.command("import")
def import_(
    city_dir: CityDir,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="导出的文件夹 / folder of an export")],
) -> None:
    """把导出的数据读入空的办公室 / read an export into an office that is empty."""
    from kezhong.office.office import has_office, make_office, open_office
    from kezhong.office.open_files import import_office

    fresh = not has_office(city_dir)
    with make_office(city_dir) if fresh else open_office(city_dir) as office, progress_bar("office import") as progress:
        try:
            done = import_office(office, folder, office.system("cli"), progress=progress)
        except BaseException:
            if fresh:
                office.unmark()
            raise
    say(
        f"已导入 {done.tables} 张表 {done.rows:,} 行、{done.files} 个附件；人员须重设口令",
        f"{done.tables} tables, {done.rows:,} rows, {done.files} files; people need new passwords",
    )


@app.command("round")
def round_(city_dir: CityDir) -> None:
    """立即执行一次定时任务：亮灯、提醒、上报、锚点 / one round of the clock: lights, reminders, escalation, anchor."""
    from kezhong.office.office import open_office
    from kezhong.office.telling.round import clock_round

    with open_office(city_dir) as office:
        done = clock_round(office)
    if done.skipped:
        say("另一个进程正在执行", "another process is at it")
        return
    say(
        f"亮灯更新 {done.lights}，提醒 {done.reminders}，上报 {done.escalations}",
        f"{done.lights} lights, {done.reminders} reminders, {done.escalations} escalations",
    )


@app.command()
def measure(
    city_dir: CityDir,
    run: Annotated[
        str | None, typer.Option(help="体检结果编号，默认最新 / id of a run; default: the newest", metavar="ID")
    ] = None,
) -> None:
    """按体检结果复测目标和任务 / measure targets and tasks by a run; a second time changes nothing more."""
    from kezhong.cli.measuring import measure_office, tell
    from kezhong.errors import NotFoundError
    from kezhong.office.measuring.figures import FigureReader
    from kezhong.office.office import has_office

    if not has_office(city_dir):
        raise NotFoundError("office.not_enabled", folder=city_dir)
    if run is None:
        newest = FigureReader(city_dir.resolve()).default()
        if newest is None:
            raise NotFoundError("measuring.no_run")
        run = newest.id
    done, problem = measure_office(city_dir, run)
    if problem is not None:
        raise problem
    tell(city_dir, run, done, None)


def _password() -> str:
    given = os.environ.get(_PASSWORD)
    if given:
        return given
    if not sys.stdin.isatty():
        raise InputError("running.no_password", value=_PASSWORD)
    say("请设置管理员口令（至少 10 位）：", "Choose the administrator's password:")
    first, second = getpass.getpass("> "), getpass.getpass(">> ")
    if first != second:
        raise InputError("running.passwords_differ")
    return first


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise InputError("running.not_confirmed")
    say("将导出未脱敏的个人信息，并记入审计。输入 yes 继续：", "Personal data in clear; it is noted. Type yes:")
    if sys.stdin.readline().strip().lower() != "yes":
        raise InputError("running.not_confirmed")
