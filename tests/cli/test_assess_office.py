"""``kezhong assess`` in a city with an office: what the run is measured for, and what is said where it cannot be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from assess.cities import usual
from kezhong import clock
from kezhong.city.config import read_config
from kezhong.city.results import RunStore
from kezhong.cli import main
from kezhong.office.database import EmbeddedServer
from kezhong.office.models import Area, Measurement, Organisation, Programme, Target, Task
from kezhong.office.office import open_office
from office_database import state_for_tests

PASSWORD = "正确的马电池订书钉-4721"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A city with an office whose embedded server stays up between commands."""
    folder = usual(tmp_path_factory.mktemp("assess")).build().folder
    state = state_for_tests()
    patch = pytest.MonkeyPatch()
    patch.setenv("KEZHONG_STATE", str(state))
    patch.setenv("KEZHONG_ADMIN_PASSWORD", PASSWORD)
    patch.delenv("KEZHONG_DATABASE_URL", raising=False)
    server = EmbeddedServer(state, read_config(folder).city_id, durable=False)
    server.start()
    assert main(["office", "init", str(folder)]) == 0
    _programme(folder)
    yield folder
    server.stop()
    patch.undo()
    shutil.rmtree(state, ignore_errors=True)


def _programme(folder: Path) -> None:
    """A target that the office counts, and a task closed after the data were taken."""
    with open_office(folder) as office, office.acting(office.system("test")) as session:
        area = session.scalars(select(Area).where(Area.level == "city")).one()
        unit = session.scalars(select(Organisation)).one()
        programme = Programme(
            code="P", name="方案", template="t", template_hash="-", starts_on=date(2026, 1, 1),
            ends_on=date(2026, 12, 31),
        )  # fmt: skip
        session.add(programme)
        session.flush()
        place = {
            "programme_id": programme.id, "area_code": area.code, "area_path": area.path, "org_id": unit.id,
            "org_path": unit.path,
        }  # fmt: skip
        target = Target(
            name="验收圈数", kind="count", metric="circles_accepted", value=1, unit="share", due_on=date(2026, 12, 31),
            source="建议值", **place,
        )  # fmt: skip
        task = Task(
            code="T1", title="补设药店", level="community", state="awaiting_measurement", starts_on=date(2026, 1, 1),
            done_at=clock.now() + timedelta(days=1), shortfall_id="s-1",
            shortfall={"area_code": area.code, "element": "pharmacy", "requirement_id": "x"}, **place,
        )  # fmt: skip
        session.add_all([target, task])


def measured(folder: Path) -> list[str]:
    """Ids of the runs that targets were measured by."""
    with open_office(folder) as office, office.acting(office.system("test")) as session:
        return session.rows(select(Measurement.run_id).order_by(Measurement.id))


def run(*arguments: object) -> int:
    try:
        return main([str(one) for one in arguments])
    except SystemExit as end:
        return int(end.code or 0)


def test_the_course(city: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("office", "measure", city) == 2  # there is no run
    assert run("assess", city, "--no-office") == 0
    found = capsys.readouterr()
    assert "复测" not in found.out + found.err
    assert measured(city) == []

    with monkeypatch.context() as patch:  # nobody answers there
        patch.setenv("KEZHONG_DATABASE_URL", "postgresql://kezhong_app:secret@127.0.0.1:1/kezhong")
        patch.setenv("KEZHONG_SECRET_KEY", "ab" * 32)
        assert run("assess", city, "--force") == 0
        found = capsys.readouterr()
        (made,) = RunStore(city).all()
        assert "短板" in found.out
        for words in (made.id, "没有复测", "连接不上", f"kezhong office measure {city}"):
            assert words in found.err
        assert "secret" not in found.out + found.err
        assert run("assess", city, "--json") == 0
        office = json.loads(capsys.readouterr().out)["office"]
        assert (office["measured"], office["error"]["code"]) == (False, "database.unreachable")
        assert run("office", "measure", city) == 2
        assert "连接不上" in capsys.readouterr().err
    assert measured(city) == []

    assert run("office", "measure", city) == 0
    out = capsys.readouterr().out
    assert "目标 1 项" in out
    assert "待复测任务 1 项" in out
    assert "数据早于办结，继续待复测 1" in out
    assert measured(city) == [made.id]

    assert run("assess", city) == 0  # the same question gives the same run: nothing more is measured
    assert "目标 1 项" in capsys.readouterr().out
    assert measured(city) == [made.id]
    monkeypatch.setenv("KEZHONG_LANG", "en")
    assert run("assess", city, "--json") == 0
    office = json.loads(capsys.readouterr().out)["office"]
    assert office == {"measured": True, "error": None, "targets": 1, "promises": 0, "tasks": {"not_newer": 1}}

    assert run("assess", city, "--walker", "older_80") == 0
    assert "was not measured: only a run of the default basis" in capsys.readouterr().out
    assert measured(city) == [made.id]
    assert run("office", "measure", city, "--run", "r-0000000000000000") == 2


def test_a_database_that_breaks_off_is_told_without_its_words(
    city: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def broken(*_: object) -> None:
        raise OperationalError("SELECT name FROM person", {}, Exception("host=10.0.0.1 password=secret"))

    monkeypatch.setattr("kezhong.office.measuring.after.measure", broken)
    assert run("assess", city) == 0
    found = capsys.readouterr()
    assert "OperationalError" in found.err
    assert "secret" not in found.err
    assert "SELECT" not in found.err


def test_a_city_without_an_office_says_nothing_of_one(
    city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = shutil.copytree(city, tmp_path / "plain", ignore=shutil.ignore_patterns("office"))
    assert run("assess", plain, "--json") == 0
    assert "office" not in json.loads(capsys.readouterr().out)
    assert run("office", "measure", plain) == 2
