"""What people do on a page, each in a few clicks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Locator, Page, expect

from first_year.town import YEAR
from kezhong.demo.office.paper import word

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def take(where: Page | Locator, step: str, **inputs: str) -> None:
    """Take a step of whatever is open; what it asks for is typed, chosen or ticked."""
    where.locator(f"[data-step='{step}']").click()
    for need, value in inputs.items():
        field = where.locator(f"[data-need='{need}']")
        kind = str(field.evaluate("one => one.type || one.tagName"))
        if kind.startswith("select"):
            field.select_option(value)
        elif kind == "checkbox":
            field.check()
        else:
            field.fill(value)
    if inputs:
        where.locator("[data-confirm]").click()


def set_up(form: Locator, name: str, districts: Sequence[str]) -> None:
    """Set the programme up from the template, with the districts of this city."""
    expect(form.get_by_label("名称", exact=True)).not_to_have_value("")
    form.get_by_label("名称", exact=True).fill(name)
    for number, code in enumerate(districts):
        form.locator("fieldset select").nth(number).select_option(code)
    form.get_by_role("button", name="建立").click()


def nominate(page: Page, circle: str, grounds: str) -> None:
    """A district nominates a life circle as a pilot."""
    page.locator("[data-nominate]").click()
    form = page.locator("form")
    form.locator("[name=life_circle]").select_option(circle)
    form.locator("[name=grounds]").fill(grounds)
    form.locator("[data-send]").click()
    expect(page.locator("[data-state]").first).to_have_text("已推荐")


def attach_plan(page: Page, name: str) -> None:
    """Attach a document to the plan of a pilot that is open."""
    content = word(name, ("一、现状体检", "二、补短板项目"))
    page.locator("[data-file]").first.set_input_files({"name": f"{name}.docx", "mimeType": DOCX, "buffer": content})
    expect(page.get_by_role("button", name=f"{name}.docx")).to_be_visible()


def promise(page: Page, element: str, value: str) -> None:
    """Promise what the circle is to reach for a service element."""
    form = page.locator("form")
    form.get_by_label("服务要素").select_option(element)
    form.get_by_label("指标").select_option(index=1)
    form.get_by_label("承诺值").fill(value)
    form.get_by_role("button", name="增加承诺").click()
    expect(page.locator("main li", has_text="→")).to_contain_text(value)


def new_task(page: Page, title: str, unit: str, due: str) -> Locator:
    """Write a task for a unit below; its drawer."""
    page.locator("[data-new]").click()
    form = page.get_by_role("dialog")
    form.locator("[data-title]").fill(title)
    form.locator("[data-unit]").select_option(label=unit)
    form.locator("[data-due]").fill(due)
    form.locator("[data-save]").click()
    drawer = page.get_by_role("complementary", name="任务详情")
    expect_state(drawer, "草拟")
    return drawer


def open_round(page: Page, period: str, due: str) -> None:
    """Send the sheets of a month out."""
    page.locator("[data-new-round]").click()
    form = page.get_by_role("form", name="发起调度")
    form.get_by_label("调度期").fill(period)
    form.get_by_label("截止日期").fill(due)
    page.locator("[data-open-round]").click()


def open_pilot(page: Page, name: str) -> None:
    """Open a pilot from the list."""
    page.goto("/pilots")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=2)).to_contain_text(name)


def open_task(page: Page, words: str, title: str) -> Locator:
    """Find a task by words of the search and open it; its drawer."""
    page.goto(f"/tasks?q={words}")
    page.locator("[role=row]", has_text=title).first.click()
    drawer = page.get_by_role("complementary", name="任务详情")
    expect(drawer.get_by_role("heading", level=2)).to_contain_text(title)
    return drawer


def expect_state(where: Page | Locator, state: str) -> None:
    """The state of what is open."""
    expect(where.locator("span[data-state], .state .k-tag").first).to_have_text(state)


def hand_in(page: Page, paper: str, name: str, step: str = "submit") -> None:
    """A district attaches its paper and hands it in."""
    page.goto("/submissions")
    page.get_by_role("link", name=paper, exact=True).click()
    panel = page.get_by_role("complementary")
    lines = ("一、基本情况与主要短板", "二、建设目标与重点任务", "三、项目清单、资金来源与时限")
    content = word(name, lines)
    panel.locator("[data-file]").first.set_input_files({"name": f"{name}.docx", "mimeType": DOCX, "buffer": content})
    expect(panel.get_by_text(f"{name}.docx").first).to_be_visible()
    take(panel, step, reply="请审阅")


def hand_down(drawer: Locator, unit: str, title: str, due: str) -> None:
    """Sign for a task and hand a part of it down to a unit below."""
    take(drawer, "accept")
    expect_state(drawer, "已签收")
    take(drawer, "start")
    expect_state(drawer, "办理中")
    drawer.locator("[data-split]").click()
    drawer.get_by_label("查找单位").fill(unit)
    drawer.locator("fieldset label", has_text=unit).first.get_by_role("checkbox").check()
    drawer.get_by_label("主要任务").fill(title)
    drawer.get_by_label("完成时限").fill(due)
    drawer.locator("[data-send]").click()
    expect(drawer.locator("ul.parts")).to_contain_text(title)


def many(page: Page, words: str, step: str, count: int) -> None:
    """Take a step of all the tasks that the search finds, at once."""
    page.goto(f"/tasks?q={words}")
    expect(page.locator("[role=row][data-key]")).to_have_count(count)
    page.get_by_label(re.compile("全选已加载的")).check()
    bulk = page.get_by_role("region", name="批量办理")
    bulk.get_by_role("combobox").select_option(f"step:{step}")
    bulk.get_by_role("button", name="执行").click()
    expect(bulk).to_be_hidden()


def told(page: Page, words: str) -> None:
    """A notice of an escalation stands behind the bell."""
    page.goto("/home")
    bell = page.get_by_role("link", name=re.compile(r"消息，[1-9]\d* 条未读"))
    bell.click()
    expect(page.locator("[data-notice=escalated]", has_text=words).first).to_be_visible()


def check(page: Page, step: str, *, by_hand: tuple[str, ...]) -> None:
    """Fill in the sheet of a check: all items of the form passed, and two of one's own."""
    page.locator(f"[data-step={step}]").click()
    form = page.locator("form")
    for item in by_hand:
        form.get_by_role("button", name="增加一项").click()
        form.get_by_label("检查项目").last.fill(item)
    for choice in form.get_by_label("结果", exact=True).all():
        choice.select_option("true")
    form.locator("[data-need=result]").select_option("passed")
    form.locator("[data-confirm]").click()


def survey(page: Page, area: str, *, asked: int, satisfied: int) -> None:
    form = page.get_by_role("form", name="录入调查")
    form.locator("[data-area]").fill(area)
    for label, value in (
        ("调查时期", YEAR), ("访问人数", asked), ("满意人数", satisfied), ("调查方法", "入户问卷"), ("来源", "第三方机构"),
    ):  # fmt: skip
        form.get_by_label(label).fill(str(value))
    expect(form.locator("datalist option")).to_have_count(1)
    form.locator("[data-enter]").click()
    expect(page.locator("tbody tr", has_text=area)).to_contain_text(f"{satisfied} / {asked}")
