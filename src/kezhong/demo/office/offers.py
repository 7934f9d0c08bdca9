"""What residents, shops and associations offer to build together, and the answers they got."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from importlib import resources

import yaml

from kezhong.demo.office.cast import Cast, Script
from kezhong.office.models import Offer
from kezhong.office.programme.community import register_offer


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer: which community registered it when, from whom, of what kind; how it went on."""

    community: str  # code
    day: tuple[int, int]
    from_kind: str
    from_name: str
    kind: str
    text: str
    course: tuple[tuple[str, int, int, str], ...]  # step, month, day, answer


@cache
def _offers() -> tuple[Offered, ...]:
    page = yaml.safe_load(resources.files("kezhong.demo.office").joinpath("offers.yaml").read_text("utf-8"))
    return tuple(
        Offered(
            community=one["community"], day=tuple(one["day"]), from_kind=one["from"][0], from_name=one["from"][1],
            kind=one["kind"], text=one["text"], course=tuple(tuple(row) for row in one.get("course", ())),
        )
        for one in page["offers"]
    )  # fmt: skip


def write(script: Script, cast: Cast) -> None:
    """Scenes of the offers."""
    for number, one in enumerate(_offers()):
        script.add(cast.moment(*one.day, 15, number), partial(_register, cast, number, one))
        for step, month, day, answer in one.course:
            script.add(
                cast.moment(month, day, 16, number),
                partial(_step, cast, number, one, step, answer),
            )


def _register(cast: Cast, number: int, one: Offered) -> None:
    with cast.acting(one.community) as session:
        contact = f"1390000{number:04d}" if one.from_kind == "resident" else "社区转达"
        row = register_offer(
            session, area_code=one.community, from_kind=one.from_kind, from_name=one.from_name, contact=contact,
            kind=one.kind, text=one.text,
        )  # fmt: skip
        cast.known["offer", number] = row.id


def _step(cast: Cast, number: int, one: Offered, step: str, answer: str) -> None:
    with cast.acting(one.community) as session:
        reason = answer if step == "decline" else ""
        cast.step(session, session.one(Offer, cast.known["offer", number]), step, reason, reply=answer)
