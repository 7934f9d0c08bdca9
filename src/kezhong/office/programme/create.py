"""A programme from a template: stages, targets, duties, papers due, draft tasks, applications; all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.errors import InputError
from kezhong.office.access.permissions import Permission
from kezhong.office.models import (
    Application,
    Area,
    CircleDuty,
    Organisation,
    Programme,
    Stage,
    Submission,
    Target,
    Task,
    TaskUnit,
)
from kezhong.office.programme.places import place_of
from kezhong.office.programme.template import (
    CITY,
    EACH_LEAD,
    EACH_SLOT,
    OFFICE,
    Measure,
    Template,
    load_template,
)
from kezhong.office.session import OfficeSession
from kezhong.office.telling.deadlines import due_at

_RIGHT = Permission.WRITE_PROGRAMME


@dataclass(frozen=True, slots=True)
class Created:
    """What was made. ``without_unit`` names departments that should join in a task and have no unit in this city."""

    programme: Programme
    stages: int
    targets: int
    duties: int
    submissions: int
    tasks: int
    applications: int
    without_unit: tuple[str, ...] = ()


@dataclass
class _Units:
    """The city's units by what the template calls them."""

    root: Area
    office: Organisation
    slots: dict[str, tuple[Area, Organisation]]
    departments: dict[str, Organisation]
    leads: tuple[str, ...]
    without: set[str] = field(default_factory=set)

    def owners(self, by: str) -> list[Organisation]:
        """Who owes what is written with this ``by``."""
        if by == OFFICE:
            return [self.office]
        if by == EACH_SLOT:
            return [unit for _, unit in self.slots.values()]
        if by == EACH_LEAD:
            return [self.departments[name] for name in self.leads]
        return [self.slots[by][1] if by in self.slots else self.departments[by]]

    def joint(self, names: Iterable[str]) -> list[Organisation]:
        """Joint units; a department without a unit is noted and left out."""
        self.without.update(name for name in names if name not in self.departments)
        return [self.departments[name] for name in names if name in self.departments]


def create_programme(
    session: OfficeSession,
    template_id: str | Template,
    code: str,
    name: str,
    bindings: Mapping[str, str] | None = None,
    shift_years: int = 0,
) -> Created:
    """Set up a programme.

    Parameters
    ----------
    template_id
        Id of a shipped template, or a template.
    code, name
        Of the programme; the code is unique in the city.
    bindings
        Slot of the template → code of a district of the city. Each slot must be bound, to another district each.
    shift_years
        Years by which all dates are moved.

    Raises
    ------
    InputError
        ``programme.cannot_create`` with every problem found: a slot that is unknown, not bound or bound twice, a
        district or a unit that does not exist, a code that is taken. Nothing is written then.
    NotFoundError
        No such template.
    PermissionDeniedError
        The actor may not write programmes, or not for the whole city.
    """
    session.actor.require(_RIGHT)
    template = template_id if isinstance(template_id, Template) else load_template(template_id)
    units = _resolve(session, template, code, name, bindings or {}, shift_years)
    with session.because("plan.create", template.id):
        return _Builder(session, template, units, shift_years).build(code, name, dict(bindings or {}))


def shifted(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _resolve(
    session: OfficeSession, template: Template, code: str, name: str, bindings: Mapping[str, str], shift_years: int
) -> _Units:
    problems: list[tuple[str, str]] = []
    if not code.strip() or not name.strip():
        problems.append(("编号和名称不能为空", "code and name must not be empty"))
    if session.execute(select(Programme.id).where(Programme.code == code)).first():
        problems.append((f"编号“{code}”已被使用", f"the code “{code}” is taken"))
    if not 1950 <= template.starts_on.year + shift_years <= 2190:
        problems.append((f"平移 {shift_years} 年后日期越界", f"{shift_years} years lead out of the calendar"))
    here = list(
        session.execute(
            select(Organisation).where(
                Organisation.level.in_(("city", "district")),
                Organisation.kind.in_(("office", "government", "department")),
                Organisation.valid_to.is_(None) | (Organisation.valid_to >= clock.today()),
            )
        ).scalars()
    )
    slots = _bind(session, template, bindings, here, problems)
    root = session.execute(select(Area).where(Area.level == "city", Area.valid_to.is_(None))).scalars().first()
    office = next((unit for unit in here if unit.kind == "office" and unit.level == "city"), None)
    if root is None or office is None:
        problems.append(
            ("组织机构中没有市级领导小组办公室", "the organisation has no leading-group office of the city")
        )
    departments = {unit.department: unit for unit in here if unit.level == "city" and unit.department}
    book = load_catalogue()
    for missing in sorted(template.units - departments.keys()):
        entry = book.departments[missing]
        problems.append(
            (f"组织机构中没有市级“{entry.zh}”（{missing}）", f"the city has no unit for “{entry.en}” ({missing})")
        )
    if problems or root is None or office is None:
        raise InputError(
            "programme.cannot_create",
            template=template.id,
            count=len(problems),
            problem_zh="；".join(zh for zh, _ in problems),
            problem="; ".join(en for _, en in problems),
        )
    return _Units(root, office, slots, departments, template.departments)


def _bind(
    session: OfficeSession,
    template: Template,
    bindings: Mapping[str, str],
    here: list[Organisation],
    problems: list[tuple[str, str]],
) -> dict[str, tuple[Area, Organisation]]:
    known = {slot.id: slot for slot in template.slots}
    districts = {
        area.code: area
        for area in session.execute(select(Area).where(Area.level == "district", Area.valid_to.is_(None))).scalars()
    }
    governments = {unit.area_code: unit for unit in here if unit.kind == "government" and unit.level == "district"}
    near = ", ".join(f"{code} {area.name}" for code, area in sorted(districts.items()))
    found: dict[str, tuple[Area, Organisation]] = {}
    names = ", ".join(known)
    problems += [
        (f"模板没有位置“{unknown}”（应为 {names}）", f"the template has no slot “{unknown}” ({names})")
        for unknown in sorted(set(bindings) - set(known))
    ]
    for slot in template.slots:
        code = bindings.get(slot.id)
        if not code:
            problems.append(
                (f"位置 {slot.id}（{slot.zh}）没有对应的区", f"the slot {slot.id} ({slot.en}) is bound to no district")
            )
        elif code not in districts:
            problems.append(
                (f"位置 {slot.id}：没有区“{code}”（{near}）", f"slot {slot.id}: there is no district “{code}” ({near})")
            )
        elif code not in governments:
            name = districts[code].name
            problems.append((f"“{name}”没有区级单位", f"the district “{name}” has no unit of its government"))
        elif any(area.code == code for area, _ in found.values()):
            problems.append((f"区“{code}”对应了两个位置", f"the district “{code}” is bound to two slots"))
        else:
            found[slot.id] = districts[code], governments[code]
    return found


class _Builder:
    """Writes the rows of one programme."""

    def __init__(self, session: OfficeSession, template: Template, units: _Units, years: int) -> None:
        self.session = session
        self.template = template
        self.units = units
        self.years = years
        self.stages: dict[int, Stage] = {}

    def day(self, day: date) -> date:
        return shifted(day, self.years)

    def build(self, code: str, name: str, bindings: dict[str, str]) -> Created:
        plan = self.template
        programme = self.session.create(
            Programme(
                code=code, name=name, name_en=plan.en, template=plan.id, template_hash=plan.hash, bindings=bindings,
                shift_years=self.years, starts_on=self.day(plan.starts_on), ends_on=self.day(plan.ends_on),
                document=plan.source, text=plan.text,
            ),
            _RIGHT,
        )  # fmt: skip
        self.session.flush()
        self._stages(programme)
        counts = {
            "targets": self._targets(programme),
            "duties": self._duties(programme),
            "submissions": self._papers(programme),
            "tasks": self._tasks(programme),
            "applications": self._applications(programme),
        }
        self.session.flush()
        return Created(programme, len(self.stages), **counts, without_unit=tuple(sorted(self.units.without)))

    def _stages(self, programme: Programme) -> None:
        for one in self.template.stages:
            self.stages[one.number] = self.session.create(
                Stage(
                    programme_id=programme.id, number=one.number, code=one.code, name=one.zh, name_en=one.en,
                    source=one.clause, starts_on=self.day(one.starts_on), ends_on=self.day(one.ends_on), text=one.text,
                ),
                _RIGHT,
            )  # fmt: skip
        self.session.flush()

    def _targets(self, programme: Programme) -> int:
        for one in self.template.targets:
            if one.slot == CITY:
                place = place_of(self.units.office, self.units.root)
            else:
                area, unit = self.units.slots[one.slot]
                place = place_of(unit, area)
            self.session.create(
                Target(
                    programme_id=programme.id, stage_id=self.stages[one.stage].id, circle=one.circle, code=one.code,
                    name=one.zh, name_en=one.en, kind=one.kind, metric=one.metric,
                    figure_key=dict(one.figure_key) if one.figure_key else None, comparison=one.comparison,
                    value=one.value, unit=one.unit, due_on=self.day(one.due_on), source=one.clause, **place,
                ),
                _RIGHT,
            )  # fmt: skip
        return len(self.template.targets)

    def _duties(self, programme: Programme) -> int:
        for one in self.template.circles:
            self.session.create(
                CircleDuty(
                    programme_id=programme.id, circle=one.circle, duty="lead", valid_from=programme.starts_on,
                    organisation_id=self.units.departments[one.lead].id,
                ),
                _RIGHT,
            )  # fmt: skip
        return len(self.template.circles)

    def _papers(self, programme: Programme) -> int:
        made = 0
        circle_of = {one.lead: one.circle for one in self.template.circles}
        for one in self.template.papers:
            for unit in self.units.owners(one.by):
                due_on = self.day(one.due_on)
                moment = due_at(self.session, due_on)
                self.session.create(
                    Submission(
                        programme_id=programme.id, stage_id=self.stages[one.stage].id, code=one.code, kind=one.kind,
                        asked_by_id=self.units.office.id, name=one.zh, name_en=one.en, source=one.clause,
                        circle=circle_of.get(unit.department or "") if one.by == EACH_LEAD else None,
                        due_on=due_on, due_at=moment, **place_of(unit),
                    ),
                    _RIGHT,
                )  # fmt: skip
                made += 1
        return made

    def _tasks(self, programme: Programme) -> int:
        made = 0
        for one in self.template.measures:
            owners = self.units.owners(one.by)
            for place, unit in enumerate(owners, start=1):
                made += 1
                self._task(programme, one, unit, f"{one.code}-{place}" if len(owners) > 1 else one.code, made)
        return made

    def _task(self, programme: Programme, one: Measure, unit: Organisation, code: str, number: int) -> None:
        due_on = self.day(one.due_on)
        stage = self.stages[one.stage]
        task = Task(
            programme_id=programme.id, stage_id=stage.id, code=code, number=str(number), circle=one.circle,
            title=one.title, measure=one.measure, level=unit.level, issuer_id=self.units.office.id,
            starts_on=stage.starts_on, due_on=due_on, due_at=due_at(self.session, due_on),
            source=f"{one.clause}；时限为建议值", **place_of(unit),
        )  # fmt: skip
        task.units = [
            TaskUnit(organisation_id=joint.id, duty="joint")
            for joint in self.units.joint(one.joint)
            if joint.id != unit.id
        ]
        self.session.create(task, _RIGHT)

    def _applications(self, programme: Programme) -> int:
        made = 0
        for one in self.template.applications:
            for unit in self.units.owners(one.by):
                due_on = self.day(one.due_on)
                self.session.create(
                    Application(
                        programme_id=programme.id, level=one.level, code=one.code, name=one.zh, name_en=one.en,
                        scheme=one.scheme, source=one.clause, due_on=due_on, due_at=due_at(self.session, due_on),
                        **place_of(unit),
                    ),
                    _RIGHT,
                )  # fmt: skip
                made += 1
        return made
