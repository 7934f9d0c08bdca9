"""Units and people from tables and back: everything that is wrong is said by row and column, and nothing is half-done."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from kezhong.errors import InputError
from kezhong.office.models import AuditEntry, Organisation, Person, Post, RoleGrant
from kezhong.office.organisation import importing
from kezhong.office.organisation.grid_teams import add_member, create_team, end_member, members_of, vacancies
from office_world import EAST, World

UNITS = f"""编码,名称,简称,类别,上级编码,区域编码,条线
e-health,东岸区卫生健康局,,部门,east,{EAST},health
e-clinic,社区卫生服务中心,卫生中心,department,e-health,{EAST},
"""
PEOPLE = """姓名,单位编码,岗位,用户名,电话,邮箱,联络员,角色
李四,east,科员,lisi,13800001111,lisi@example.org,是,区
王五,d-civil,科员,wangwu,,,否,部门
赵六,d-civil,司机,,,,,
"""


def units(world: World, text: str | bytes, who: str = "admin") -> importing.Imported:
    content = text if isinstance(text, bytes) else text.encode()
    with world.office.acting(world.actor(who)) as session:
        return importing.import_units(session, content, "单位.csv")


def people(world: World, text: str, who: str = "admin") -> importing.Imported:
    with world.office.acting(world.actor(who)) as session:
        return importing.import_people(session, text.encode("gb18030"), "人员.csv")


def count(world: World, cls: type) -> int:
    with world.office.acting(world.office.system("test")) as session:
        return session.scalar(select(func.count()).select_from(cls))


def test_units_come_in_and_go_out_and_come_in_again(world: World, tmp_path: Path) -> None:
    assert units(world, UNITS) == importing.Imported(2, 0)
    assert units(world, UNITS) == importing.Imported(0, 2)
    with world.office.acting(world.actor("admin")) as session:
        out = importing.export_units(session)
        clinic = session.scalars(select(Organisation).where(Organisation.code == "e-clinic")).one()
        assert clinic.path.startswith(session.get(Organisation, world.org["east"]).path)
        assert (clinic.short_name, clinic.level) == ("卫生中心", "district")
    file = tmp_path / "单位.xlsx"
    file.write_bytes(out)
    with world.office.acting(world.actor("admin")) as session:
        done = importing.import_units(session, file)
    assert done.created == 0
    assert done.unchanged == count(world, Organisation)


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        (UNITS.replace("部门", "神秘单位"), 2, "类别"),
        (UNITS.replace("east,", "nowhere,"), 2, "上级编码"),
        (UNITS.replace(",health", ",astrology"), 2, "条线"),
        (UNITS.replace(f"e-health,{EAST}", "e-health,999999"), 3, "区域编码"),
        (UNITS.replace("e-clinic", "e-health"), 3, "编码"),
        (UNITS.replace("社区卫生服务中心", ""), 3, "名称"),
        (UNITS.replace("e-clinic", "e clinic"), 3, "编码"),
        (UNITS.replace("e-clinic", "d-civil"), 3, "名称"),
    ],
)
def test_what_is_wrong_with_units(world: World, text: str, row: int, column: str) -> None:
    before = count(world, Organisation)
    with pytest.raises(InputError) as raised:
        units(world, text)
    assert (raised.value.details["row"], raised.value.details["column"]) == (row, column)
    assert raised.value.details["problems"]
    assert count(world, Organisation) == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "organisation.table_empty"),
        (b"\xff\xfe\x00rubbish", "organisation.no_table"),
        ("编码,名称\nx,y\n".encode(), "organisation.table_missing"),
        ("编码,心情\nx,y\n".encode(), "organisation.table_heading"),
        ("编码,编码\nx,y\n".encode(), "organisation.table_heading"),
        (b"x" * (11 * 1024 * 1024), "organisation.table_large"),
    ],
)
def test_files_that_are_no_tables(world: World, content: bytes, code: str) -> None:
    with pytest.raises(InputError) as raised:
        units(world, content)
    assert raised.value.code == code


def test_a_broken_workbook_is_refused(world: World) -> None:
    with pytest.raises(InputError):
        units(world, b"PK\x03\x04 no workbook")


def test_people_come_with_posts_and_roles(world: World) -> None:
    assert people(world, PEOPLE) == importing.Imported(3, 0)
    assert people(world, PEOPLE.replace("赵六,d-civil,司机,,,,,\n", "")) == importing.Imported(0, 2)
    with world.office.acting(world.office.system("test")) as session:
        person = session.scalars(select(Person).where(Person.username == "lisi")).one()
        post = session.scalars(select(Post).where(Post.person_id == person.id)).one()
        grant = session.scalars(select(RoleGrant).where(RoleGrant.person_id == person.id)).one()
        everything = repr([(entry.before, entry.after) for entry in session.scalars(select(AuditEntry))])
    assert (person.name, post.is_contact, grant.role, grant.area_code) == ("李四", True, "district", EAST)
    assert "李四" not in everything
    assert "13800001111" not in everything


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        (PEOPLE.replace("lisi,", "a b,"), 2, "用户名"),
        (PEOPLE.replace("wangwu", "office"), 0, ""),
        (PEOPLE.replace("13800001111", "call me"), 2, "电话"),
        (PEOPLE.replace("lisi@example.org", "nowhere"), 2, "邮箱"),
        (PEOPLE.replace("是,区", "大概,区"), 2, "联络员"),
        (PEOPLE.replace("否,部门", "否,街道(镇)"), 3, "角色"),
        (PEOPLE.replace("否,部门", "否,皇帝"), 3, "角色"),
        (PEOPLE.replace("李四,east", "李四,nowhere"), 2, "单位编码"),
        (PEOPLE.replace("赵六,", ","), 4, "姓名"),
    ],
)
def test_what_is_wrong_with_people(world: World, text: str, row: int, column: str) -> None:
    before = count(world, Person)
    if not row:
        people(world, text)  # the user name is there already: that person is left as they are
        return
    with pytest.raises(InputError) as raised:
        people(world, text)
    assert (raised.value.details["row"], raised.value.details["column"]) == (row, column)
    assert count(world, Person) == before


def test_an_import_cannot_leave_the_scope(world: World) -> None:
    with pytest.raises(InputError) as raised:
        units(world, UNITS, "east")  # has no right to write units at all
    assert "权限" in str(raised.value)


def test_export_of_people_is_masked_and_safe(world: World) -> None:
    with world.office.acting(world.office.system("test")) as session:
        session.get(Person, world.person["east"]).name = "=HYPERLINK(1)"

    def cells(who: str, clear: bool) -> str:
        with world.office.acting(world.actor(who)) as session:
            content = importing.export_people(session, clear=clear)
        page = openpyxl.load_workbook(io.BytesIO(content)).active
        return repr([[cell.value for cell in row] for row in page])

    masked = cells("admin", clear=False)
    assert "138****0000" in masked
    assert "13800000000" not in masked
    assert "'=HYPERLINK" in masked
    assert "west员" not in cells("east", clear=False)
    assert "13800000000" in cells("admin", clear=True)
    with pytest.raises(PermissionError), world.office.acting(world.actor("east")) as session:
        importing.export_people(session, clear=True)
    with world.office.acting(world.office.system("test")) as session:
        assert "personal.export" in set(session.scalars(select(AuditEntry.action)))


def test_grid_teams(world: World) -> None:
    community = next(code for code in world.org if code.startswith("community-"))
    with world.office.acting(world.actor("admin")) as session:
        code = community.removeprefix("community-")
        team = create_team(
            session, "G1", "第一网格", "one_grid_one_head_one_police", world.org[community], code, "1503-1"
        )
        session.flush()
        first = add_member(session, team.id, world.person["grid"], "grid_head")
        session.flush()
        with pytest.raises(Exception, match="post_full"):
            add_member(session, team.id, world.person["community"], "grid_head")
        with pytest.raises(InputError, match="no_team_post"):
            add_member(session, team.id, world.person["community"], "emperor")
        posts = [member.post for member in members_of(session, [team.id])]
        assert [post.zh for post in vacancies(team.template, posts)] == ["民警"]
        end_member(session, team.id, first.id)
        session.flush()
        assert members_of(session, [team.id]) == []
        add_member(session, team.id, world.person["grid"], "grid_head")
    with pytest.raises(PermissionError), world.office.acting(world.actor("community")) as session:
        create_team(session, "G2", "第二网格", "custom", world.org[community], code, None)
