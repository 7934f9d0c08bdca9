"""Everything out and back again: equal, masked unless asked for, and nothing half-done."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from kezhong import clock
from kezhong.errors import ConflictError, InputError, PermissionDeniedError
from kezhong.office.audit.verify import verify
from kezhong.office.fields import has_name
from kezhong.office.models import CalendarDay, Offer, Organisation, Person, RoleGrant, Task, all_mappers
from kezhong.office.office import Office
from kezhong.office.open_files import export_office, import_office
from kezhong.office.open_files.layout import LEFT_OUT, exported_tables
from office_world import World, office_of


@pytest.fixture
def empty(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Office]:
    """A second office, with areas and nothing else."""
    with office_of(pytestconfig, tmp_path / "other") as found:
        yield found


@pytest.fixture
def filled(world: World) -> World:
    with world.office.acting(world.office.system("test")) as session:
        unit = session.get(Organisation, world.org["east"])
        place = {
            "area_code": unit.area_code, "area_path": unit.area_path, "org_id": unit.id, "org_path": unit.path,
        }  # fmt: skip
        session.add(
            Task(
                programme_id=world.programme, code="T1", title='引号"、逗号,\n换行', measure="", level="district",
                starts_on=date(2022, 3, 1), shortfall={"值": [1, None, "=1+1"]}, department=None, **place,
            )
        )  # fmt: skip
        session.add(
            Offer(from_kind="resident", from_name="王小明", contact="13912345678", kind="room", text="一间", **place)
        )
        session.add(CalendarDay(day=date(2030, 1, 1), kind="holiday", name=""))
        # a circle of references: grant, delegation, grant
        grant = session.scalars(select(RoleGrant).where(RoleGrant.person_id == world.person["east"])).one()
        from kezhong.office.models import Delegation

        lent = Delegation(
            grant_id=grant.id, from_person_id=world.person["east"], to_person_id=world.person["west"], starts_at=clock.now(),
            ends_at=clock.now().replace(year=2100), reason="代班", **place,
        )  # fmt: skip
        session.add(lent)
        session.flush()
        session.add(
            RoleGrant(
                person_id=world.person["west"], role="district", valid_from=clock.now(), delegation_id=lent.id, **place
            )
        )
    return world


def read(folder: Path, table: str) -> list[dict[str, str]]:
    content = (folder / "tables" / f"{table}.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_out_and_back_is_equal(filled: World, empty: Office, tmp_path: Path) -> None:
    office = filled.office
    made = export_office(office, tmp_path / "one", office.system("test"), personal=True, reason="试验")
    assert made.rows > 30
    back = import_office(empty, tmp_path / "one", empty.system("test"))
    assert (back.tables, back.rows, back.personal) == (made.tables, made.rows, True)
    export_office(empty, tmp_path / "two", empty.system("test"), personal=True, reason="试验")
    for table in exported_tables():
        one, two = (read(tmp_path / name, table.name) for name in ("one", "two"))
        if table.name == "audit_entry":
            assert two[: len(one)] == one
            assert [row["action"] for row in two[len(one) :]] == ["data.import", "data.export"]
        elif table.name != "audit_head":
            assert one == two, table.name
    assert verify(empty, environ={}).whole
    # and people go on working: numbers continue, rights count
    with empty.acting(empty.system("test")) as session:
        session.add(Offer(from_kind="firm", from_name="甲", kind="room", text="二间", **{
            name: getattr(session.scalars(select(Offer)).first(), name) for name in ("area_code", "area_path", "org_id", "org_path")
        }))  # fmt: skip


def test_personal_data_is_masked_unless_asked_for(filled: World, tmp_path: Path) -> None:
    office = filled.office
    export_office(office, tmp_path / "masked", office.system("test"))
    everything = "".join(file.read_text("utf-8-sig") for file in (tmp_path / "masked").rglob("*.csv"))
    for secret in ("王小明", "13912345678", "13800000000", "office员", "east@example.org"):
        assert secret not in everything
    person = read(tmp_path / "masked", "person")[0]
    assert person["phone"] == "138****0000"
    assert person["name"].endswith("**")
    assert person["username"] == ""
    assert "digest_key" not in person
    with pytest.raises(InputError):
        export_office(office, tmp_path / "x", office.system("test"), personal=True, reason=" ")
    assert not (tmp_path / "x").exists()


def test_a_masked_export_can_be_read_back(filled: World, empty: Office, tmp_path: Path) -> None:
    export_office(filled.office, tmp_path / "masked", filled.office.system("test"))
    assert not import_office(empty, tmp_path / "masked", empty.system("test")).personal


def test_who_may_and_what_is_noted(filled: World, tmp_path: Path) -> None:
    office = filled.office
    for name in ("east", "auditor", "grid"):
        with pytest.raises(PermissionDeniedError):
            export_office(office, tmp_path / name, filled.actor(name))
    export_office(office, tmp_path / "admin", filled.actor("admin"), personal=True, reason="迁移到新服务器")
    notes = [row for row in read(tmp_path / "admin", "audit_entry") if row["action"] == "data.export"]
    assert notes[-1]["reason"] == "迁移到新服务器"
    assert json.loads(notes[-1]["after"]) == {"personal": True}
    assert notes[-1]["actor_id"] == str(filled.person["admin"])


def test_only_an_empty_office_takes_it(filled: World, tmp_path: Path) -> None:
    office = filled.office
    export_office(office, tmp_path / "one", office.system("test"))
    with pytest.raises(ConflictError):
        import_office(office, tmp_path / "one", office.system("test"))
    with pytest.raises(InputError):
        export_office(office, tmp_path / "one", office.system("test"))


def test_a_bad_value_is_told_with_its_place_and_nothing_is_kept(filled: World, empty: Office, tmp_path: Path) -> None:
    export_office(filled.office, tmp_path / "one", filled.office.system("test"))
    file = tmp_path / "one" / "tables" / "stage.csv"
    file.write_text(file.read_text("utf-8").replace("2022-03-01", "三月一日", 1), "utf-8")
    with pytest.raises(InputError) as caught:
        import_office(empty, tmp_path / "one", empty.system("test"))
    details = caught.value.details
    assert (details["row"], details["column"], details["value"]) == ("2", "starts_on", "三月一日")
    assert "stage.csv" in caught.value.message()
    with empty.acting(empty.system("test")) as session:
        assert session.scalars(select(Person)).first() is None
    file.write_text(re.sub("三月一日", "2022-03-01", file.read_text("utf-8")), "utf-8")
    import_office(empty, tmp_path / "one", empty.system("test"))


def test_what_is_no_export_is_refused(empty: Office, filled: World, tmp_path: Path) -> None:
    actor = empty.system("test")
    with pytest.raises(InputError):
        import_office(empty, tmp_path / "nowhere", actor)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "datapackage.json").write_text("[1]")
    with pytest.raises(InputError):
        import_office(empty, tmp_path / "bad", actor)
    export_office(filled.office, tmp_path / "one", filled.office.system("test"))
    (tmp_path / "one" / "tables" / "task.csv").unlink()
    with pytest.raises(InputError):
        import_office(empty, tmp_path / "one", actor)
    package = json.loads((tmp_path / "one" / "datapackage.json").read_text("utf-8"))
    package["revision"] = "9999"
    (tmp_path / "one" / "datapackage.json").write_text(json.dumps(package), "utf-8")
    with pytest.raises(InputError, match="9999"):
        import_office(empty, tmp_path / "one", actor)


def test_every_table_and_column_has_a_chinese_name() -> None:
    kinds = [mapper.class_.KIND for mapper in all_mappers() if not has_name(mapper.class_.KIND)]
    columns = sorted(
        {
            f"{mapper.class_.KIND}.{column.name}"
            for mapper in all_mappers()
            for column in mapper.local_table.columns
            if not has_name(mapper.class_.KIND, column.name)
        }
    )
    assert (kinds, columns) == ([], [])


def test_secrets_never_leave() -> None:
    left = {mapper.class_ for mapper in all_mappers() if mapper.local_table.name in LEFT_OUT}
    for mapper in all_mappers():
        cls = mapper.class_
        if cls in left:
            continue
        table = next(one for one in exported_tables() if one.name == mapper.local_table.name)
        assert not {one.name for one in table.columns} & set(cls.SECRET)
    assert "password_hash" not in {one.name for table in exported_tables() for one in table.columns}
