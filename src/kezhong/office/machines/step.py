"""A step that the machine does not allow, said so that the person knows what he can do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kezhong.errors import ConflictError

if TYPE_CHECKING:
    from kezhong.office.machines.model import Machine, State, Transition

NOTHING_ZH = "无（已办结）"
NOTHING_EN = "none (it is finished)"


class IllegalStepError(ConflictError):
    """The object is in a state from which this step does not lead: usually somebody else was quicker.

    The details hold ``machine``, ``state``, ``step`` and ``allowed`` as ids, and the words for each
    (``…_zh``, ``…_en``).
    """

    allowed: tuple[str, ...]

    def __init__(self, machine: Machine, state: State, transition: Transition) -> None:
        steps = machine.allowed(state.id)
        self.allowed = tuple(one.id for one in steps)
        super().__init__(
            "machines.illegal_step",
            machine=machine.id,
            machine_zh=machine.zh,
            machine_en=machine.en,
            state=state.id,
            state_zh=state.zh,
            state_en=state.en,
            step=transition.id,
            step_zh=transition.zh,
            step_en=transition.en,
            allowed=list(self.allowed),
            allowed_zh="、".join(one.zh for one in steps) or NOTHING_ZH,
            allowed_en=", ".join(one.en for one in steps) or NOTHING_EN,
        )
