"""A city's overlay (本地口径): changes to a basis, each with its day of effect, its document and its clauses.

The file is YAML or TOML, usually ``overlay.yaml`` in the city's folder::

    documents:
    - {id: wuhai-rules-2026, zh: 乌海市配套设施管理办法, en: Wuhai's rules, number: 乌政发〔2026〕1号, nature: notice}
    changes:
    - effective: 2026-07-01
      bases: [kezhong-default]
      pass_share: 0.85
      change:
      - id: kz.wet_market
        threshold: {value: 800, unit: m, cite: {document: wuhai-rules-2026, clause: 第六条, evidence: found}}
      add: [ ...requirements... ]
      remove: [kz.reading_room]

Changes apply in the order of their days; what comes into effect later than the day asked for is left out, so that an
old report can be made again with the figures of its time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from kezhong import clock
from kezhong.catalogue.book import Catalogue
from kezhong.catalogue.checks import basis_problems
from kezhong.catalogue.load import load_catalogue, parse_yaml
from kezhong.catalogue.model import Basis, Citation, Document
from kezhong.errors import InputError

FILE = "overlay.yaml"


class _Change(BaseModel):
    """Changes that come into effect on one day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effective: date
    bases: tuple[str, ...]
    pass_share: float | None = None
    pass_share_cite: Citation | None = None
    add: tuple[dict[str, Any], ...] = ()
    change: tuple[dict[str, Any], ...] = ()
    remove: tuple[str, ...] = ()


class _Overlay(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    documents: tuple[Document, ...] = ()
    changes: tuple[_Change, ...]


def load_basis(basis_id: str, overlay: Path | None = None, on: date | None = None) -> Basis:
    """A basis, with the city's overlay where there is one.

    Parameters
    ----------
    basis_id
        Id of a shipped basis.
    overlay
        The overlay's file, or a city folder that may hold ``overlay.yaml``; a folder without one changes nothing.
    on
        The day whose rules are wanted; default: today in the city's zone.

    Raises
    ------
    NotFoundError
        No such basis.
    InputError
        The overlay cannot be read, names what does not exist, or makes the basis inconsistent.
    """
    catalogue = load_catalogue()
    basis = catalogue.basis(basis_id)
    file = _file(overlay)
    if file is None:
        return basis
    found = _read(file)
    _check_names(found, catalogue, file)
    day = on or clock.today()
    changes = sorted(
        (one for one in found.changes if basis_id in one.bases and one.effective <= day), key=lambda one: one.effective
    )
    if not changes:
        return basis
    document = basis.model_dump(mode="json")
    for change in changes:
        _apply(document, change, basis_id, file)
    version = changes[-1].effective.isoformat()
    document |= {
        "overlay": version,
        "version": f"{basis.version}+{version}",
        "documents": [one.model_dump(mode="json") for one in found.documents],
    }
    try:
        result = Basis.model_validate(document)
    except ValidationError as problem:
        raise InputError("catalogue.bad_overlay", file=file, basis=basis_id, problem=_first(problem)) from problem
    wrong = basis_problems(catalogue, result)
    if wrong:
        raise InputError("catalogue.bad_overlay", file=file, basis=basis_id, problem=wrong[0])
    return result


def _file(overlay: Path | None) -> Path | None:
    if overlay is None:
        return None
    path = Path(overlay).expanduser()
    if path.is_dir():
        path = path / FILE
        return path if path.is_file() else None
    if not path.is_file():
        raise InputError("catalogue.no_overlay", file=path)
    return path


def _read(file: Path) -> _Overlay:
    import yaml

    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text) if file.suffix == ".toml" else parse_yaml(text)
        return _Overlay.model_validate(values)
    except ValidationError as problem:
        raise InputError("catalogue.bad_overlay", file=file, basis="–", problem=_first(problem)) from problem
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, yaml.YAMLError) as problem:
        raise InputError("catalogue.bad_overlay", file=file, basis="–", problem=str(problem)) from problem


def _check_names(overlay: _Overlay, catalogue: Catalogue, file: Path) -> None:
    """A basis that does not exist would make its changes silently ineffective."""
    for change in overlay.changes:
        for name in change.bases:
            if name not in catalogue.bases:
                raise InputError(
                    "catalogue.bad_overlay", file=file, basis=name, problem=f"unknown basis / 没有这一口径：{name}"
                )


def _apply(document: dict[str, Any], change: _Change, basis_id: str, file: Path) -> None:
    rules: dict[str, dict[str, Any]] = {rule["id"]: rule for rule in document["requirements"]}
    for name in change.remove:
        _need(rules, name, basis_id, file)
        del rules[name]
    for entry in change.change:
        name = str(entry.get("id", ""))
        _need(rules, name, basis_id, file)
        rules[name] = rules[name] | entry
    for entry in change.add:
        name = str(entry.get("id", ""))
        if name in rules:
            raise InputError(
                "catalogue.bad_overlay", file=file, basis=basis_id, problem=f"already there / 编号已存在：{name}"
            )
        rules[name] = entry
    document["requirements"] = list(rules.values())
    if change.pass_share is not None:
        proposal = {"document": "kezhong", "evidence": "proposal"}
        document["pass_share"] = change.pass_share
        document["pass_share_cite"] = (
            change.pass_share_cite.model_dump(mode="json") if change.pass_share_cite else proposal
        )


def _need(rules: Mapping[str, object], name: str, basis_id: str, file: Path) -> None:
    if name not in rules:
        raise InputError(
            "catalogue.bad_overlay", file=file, basis=basis_id, problem=f"no requirement / 没有要求：{name}"
        )


def _first(problem: ValidationError) -> str:
    error = problem.errors()[0]
    return f"{'.'.join(str(step) for step in error['loc'])}: {error['msg']}"
