"""``python -m kezhong.server.access_table docs/access.md``: who may call what, from the code, into the page."""

from __future__ import annotations

import sys
from pathlib import Path

from kezhong.city.files import write_text
from kezhong.office.access.permissions import Permission
from kezhong.office.access.roles import roles
from kezhong.server.app import describe
from kezhong.server.documentation import endpoints

BEGIN = "<!-- made by python -m kezhong.server.access_table; a test fails when it is out of date -->"
END = "<!-- end of what is made -->"
_REACH = {
    "area": "area and all below, and what involves the unit",
    "line": "what involves the unit, and its line (条线) in the area",
    "organisation": "what involves the unit",
}


def section() -> str:
    """The generated part of the page."""
    found = list(roles().values())
    lines = [
        BEGIN,
        "",
        "### Roles",
        "",
        "| id | 角色 | role | levels | reach | permissions |",
        "|---|---|---|---|---|---|",
    ]
    for role in found:
        own = ", ".join(sorted(permission.value for permission in role.permissions))
        lines.append(
            f"| `{role.id}` | {role.zh} | {role.en} | {', '.join(role.levels)} | {_REACH[role.reach.value]} | {own} |"
        )
    heads = " | ".join(role.zh for role in found)
    lines += [
        "",
        "### Endpoints",
        "",
        f"| method | path | permission | {heads} |",
        "|---|---|---|" + "---|" * len(found),
    ]
    for entry in endpoints(describe()):
        if entry.permission is None or entry.path == "/{path:path}":
            continue
        always = entry.permission in (Permission.PUBLIC, Permission.SIGNED_IN)
        marks = " | ".join("●" if always or entry.permission in role.permissions else "" for role in found)
        lines.append(f"| {entry.method} | `{entry.path}` | {entry.permission.value} | {marks} |")
    return "\n".join([*lines, "", END])


def replaced(page: str) -> str:
    """A page with its generated part brought up to date."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + section() + (after or "\n")


if __name__ == "__main__":
    file = Path(sys.argv[1])
    write_text(file, replaced(file.read_text("utf-8") if file.is_file() else ""))
