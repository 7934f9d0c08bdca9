"""One step of any state machine of the office: checked, taken, written down, with what follows from it.

::

    row = take_step(session, task, "report", version=7, fields={"reply": "…"})

The machine says which steps lead out of a state, what they need and who may take them. What a *relation* means for a
kind of object, where an input goes and what an effect does is registered by the subject that owns the kind, in a module
``kezhong.office.<subject>.effects``; all of these are imported before the first step.

``registry`` holds what is registered, ``relations`` who stands how to a row, ``taking`` the step itself, ``course``
what is shown of it afterwards, ``effects`` what means the same for every kind.
"""

from __future__ import annotations

from kezhong.office.steps.course import course, note_course
from kezhong.office.steps.registry import (
    Effect,
    InName,
    IsRelated,
    Step,
    load_effects,
    machine_of,
    register_effect,
    register_guard,
    register_input,
    register_listener,
    register_machine,
    register_relation,
    right_of,
)
from kezhong.office.steps.relations import is_office, is_superior, related, unit_acting
from kezhong.office.steps.taking import allowed_steps, take_step
from kezhong.office.steps.values import as_date

__all__ = [
    "Effect", "InName", "IsRelated", "Step", "allowed_steps", "as_date", "course", "is_office", "is_superior",
    "load_effects", "machine_of", "note_course", "register_effect", "register_guard", "register_input",
    "register_listener", "register_machine", "register_relation", "related", "right_of", "take_step",
    "unit_acting",
]  # fmt: skip
