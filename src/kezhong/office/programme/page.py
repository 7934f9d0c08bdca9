"""The page of a programme template, generated: ``python -m kezhong.office.programme.page docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from kezhong.catalogue import load_catalogue
from kezhong.office.programme.template import CITY, EACH_LEAD, EACH_SLOT, OFFICE, Template, load_template, template_ids

_MADE = (
    "Generated from `src/kezhong/office/data/programmes/{id}.yaml`; do not edit: "
    "`python -m kezhong.office.programme.page docs`. See [programme.md](programme.md)."
)
_OURS = (
    "The wording is ours. Deadlines of measures and joint units (配合) are proposals (建议值); "
    "the plan does not say them."
)


def page(template: Template) -> str:
    """Markdown of a template: everything it holds, each with its clause."""
    book = load_catalogue()
    slots = {one.id: f"{one.id} {one.zh}" for one in template.slots}
    by = {OFFICE: "领导小组办公室", EACH_SLOT: "各区", EACH_LEAD: "各牵头部门", CITY: "全市", **slots}

    def who(name: str) -> str:
        return by.get(name) or book.departments[name].zh

    circles = [
        f"| {number} | {book.circles[one.circle].zh} | {book.departments[one.lead].zh} | {one.clause} "
        f"| {sum(each.circle == one.circle for each in template.measures)} |"
        for number, one in enumerate(template.circles, start=1)
    ]
    measures = [
        f"| {one.code} | {book.circles[one.circle].zh if one.circle else '保障措施'} | {one.title} | {one.measure} "
        f"| {who(one.by)} | {'、'.join(book.departments[name].zh for name in one.joint) or '–'} | {one.due_on} "
        f"| {one.clause} |"
        for one in template.measures
    ]
    return "\n".join(
        [
            f"# {template.zh} (`{template.id}`)",
            "",
            _MADE.format(id=template.id),
            "",
            f"{template.en}, after {template.source}; {template.starts_on} to {template.ends_on}. {_OURS}",
            "",
            "## Stages (阶段)",
            "",
            "| # | 阶段 | stage | from | to | clause |",
            "|---|---|---|---|---|---|",
            *(
                f"| {one.number} | {one.zh} | {one.en} | {one.starts_on} | {one.ends_on} | {one.clause} |"
                for one in template.stages
            ),
            "",
            "## Targets (目标)",
            "",
            "| code | where | 目标 | target | kind | value | by | clause |",
            "|---|---|---|---|---|---|---|---|",
            *(
                f"| {one.code} | {who(one.slot)} | {one.zh} | {one.en} | {one.kind}: {one.metric} "
                f"| {one.value:g} {one.unit} | {one.due_on} | {one.clause} |"
                for one in template.targets
            ),
            "",
            "## Papers due (报送)",
            "",
            "| code | from | 材料 | paper | by | clause |",
            "|---|---|---|---|---|---|",
            *(
                f"| {one.code} | {who(one.by)} | {one.zh} | {one.en} | {one.due_on} | {one.clause} |"
                for one in template.papers
            ),
            "",
            "## Circles and lead departments (圈层、牵头单位)",
            "",
            "| # | 圈层 | 牵头单位 | clause | measures |",
            "|---|---|---|---|---|",
            *circles,
            "",
            "## Applications (申报)",
            "",
            "| level | 申报 | by | clause |",
            "|---|---|---|---|",
            *(f"| {one.level} | {one.zh} | {one.due_on} | {one.clause} |" for one in template.applications),
            "",
            "## Measures (主要任务、具体措施)",
            "",
            "| code | 圈层 | 主要任务 | 具体措施 | 责任单位 | 配合 | 时限 | clause |",
            "|---|---|---|---|---|---|---|---|",
            *measures,
            "",
        ]
    )


if __name__ == "__main__":
    for name in template_ids():
        (Path(sys.argv[1]) / f"programme-{name}.md").write_text(page(load_template(name)), "utf-8")
