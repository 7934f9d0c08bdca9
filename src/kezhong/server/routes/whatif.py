"""What-if: sessions of edits, answered while the hand moves, and stored scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import Response

from kezhong import messages
from kezhong.catalogue import load_catalogue
from kezhong.city.scenario_store import ScenarioStore
from kezhong.city.scenarios import Conflict, Edit, Scenario, merge
from kezhong.errors import ConflictError
from kezhong.server.etag import matches, prepare, respond
from kezhong.server.models import (
    ChangedCells,
    CompareRequest,
    Comparison,
    MergeOut,
    MergeRequest,
    Near,
    PlacedFacilities,
    PlacedLinks,
    SaveRequest,
    ScenarioList,
    ScenarioOut,
    SessionList,
    WhatIfRequest,
    WhatIfState,
)
from kezhong.server.permissions import Permission, require
from kezhong.server.routes import COMMON, READ
from kezhong.server.state import ServerState, State
from kezhong.server.views import whatif as view
from kezhong.server.views.catalogue import basis_of
from kezhong.server.whatif_sessions import OpenSession

if TYPE_CHECKING:
    from kezhong.assess.whatif import Engine

router = APIRouter(tags=["what-if"], responses=READ)
SessionId = Annotated[str, Path(max_length=64, description="id of a session")]
ScenarioId = Annotated[str, Path(max_length=64, description="id of a scenario")]
Key = Annotated[str | None, Header(max_length=200)]
Element = Annotated[str, Query(max_length=100)]
EXPLORE, LOOK = require(Permission.EXPLORE), require(Permission.READ_RESULTS)
KEEP = require(Permission.KEEP_SCENARIOS)


def _engine(state: ServerState, basis: str | None, walker: str) -> Engine:
    from kezhong.assess.whatif import Engine

    city = state.city()
    chosen = basis_of(city, basis or city.config.basis)
    person = load_catalogue().walker(walker).id
    key = (city.snapshot.id, chosen.id, chosen.hash, person)
    return state.whatif.engine(key, lambda: Engine(city, chosen.id, person))


def _store(state: ServerState) -> ScenarioStore:
    return ScenarioStore(state.folder)


def _answer(request: Request, opened: OpenSession, status: int = 200) -> Response:
    return respond(request, opened.prepared(view.state), status)


def _checked(request: Request, opened: OpenSession) -> None:
    """Refuse an edit that was made on another state than the present one."""
    wanted = request.headers.get("if-match")
    if wanted is not None and not matches(wanted, opened.prepared(view.state).etag):
        raise ConflictError("whatif.stale", value=opened.id)


@router.post("/what-if", status_code=201, response_model=WhatIfState, responses=COMMON, dependencies=[EXPLORE])
def begin_what_if(request: Request, state: State, wanted: WhatIfRequest, idempotency_key: Key = None) -> Response:
    """Open a session. The first for a snapshot, basis and walker takes seconds: all is prepared for quick edits."""
    engine = _engine(state, wanted.basis, wanted.walker)
    edits = [*_store(state).get(wanted.scenario).edits] if wanted.scenario else []
    opened = state.whatif.begin(engine, [*edits, *wanted.edits], idempotency_key)
    with opened.lock:
        return _answer(request, opened, 201)


@router.get("/what-if", response_model=SessionList, dependencies=[LOOK])
def what_if_sessions(request: Request, state: State) -> Response:
    """Open sessions, the one used last first."""
    return respond(request, prepare({"items": [view.line(one) for one in state.whatif.all()]}))


@router.get("/what-if/{session}", response_model=WhatIfState, dependencies=[LOOK])
def what_if_session(request: Request, state: State, session: SessionId) -> Response:
    """A session's edits and what they change."""
    with state.whatif.use(session) as opened:
        return _answer(request, opened)


@router.delete("/what-if/{session}", status_code=204, responses=COMMON, dependencies=[EXPLORE])
def end_what_if(state: State, session: SessionId) -> Response:
    """Close a session; what was not saved is gone."""
    state.whatif.end(session)
    return Response(status_code=204)


@router.post("/what-if/{session}/edits", response_model=WhatIfState, responses=COMMON, dependencies=[EXPLORE])
def apply_edit(
    request: Request,
    state: State,
    session: SessionId,
    edit: Edit,
    replace: Annotated[
        bool, Query(description="in place of the last edit, which stays if this one is refused")
    ] = False,
    idempotency_key: Key = None,
) -> Response:
    """One more edit. ``If-Match`` with the ETag of the state it builds on refuses it where that state is gone."""
    with state.whatif.use(session) as opened:
        if idempotency_key is None or idempotency_key != opened.last_key:
            _checked(request, opened)
            opened.session.apply(edit, replace=replace)
            opened.last_key = idempotency_key
        return _answer(request, opened)


@router.post("/what-if/{session}/undo", response_model=WhatIfState, responses=COMMON, dependencies=[EXPLORE])
def undo_edit(request: Request, state: State, session: SessionId) -> Response:
    """Take the last edit back."""
    with state.whatif.use(session) as opened:
        _checked(request, opened)
        opened.session.undo()
        opened.last_key = None
        return _answer(request, opened)


@router.post(
    "/what-if/{session}/save", status_code=201, response_model=ScenarioOut, responses=COMMON, dependencies=[KEEP]
)
def save_scenario(request: Request, state: State, session: SessionId, wanted: SaveRequest) -> Response:
    """Store the session's edits as a scenario."""
    with state.whatif.use(session) as opened:
        city, scenario = opened.session.engine.city, opened.session.scenario
    named = _store(state).save(scenario, wanted.name, note=wanted.note, snapshot=city.snapshot.id)
    return respond(request, prepare(view.scenario_body(named, city, scenario)), 201)


@router.get("/what-if/{session}/cells", response_model=ChangedCells, dependencies=[LOOK])
def changed_cells(request: Request, state: State, session: SessionId, element: Element) -> Response:
    """Demand units from which an element is nearer or farther than in the city as it is."""
    with state.whatif.use(session) as opened:
        return respond(request, prepare(view.cells(opened.session, element)))


@router.get("/what-if/{session}/facilities", response_model=PlacedFacilities, dependencies=[LOOK])
def placed_facilities(request: Request, state: State, session: SessionId, element: Element) -> Response:
    """Facilities of an element, or all (``*``), as they stand in the session."""
    with state.whatif.use(session) as opened:
        return respond(request, prepare(view.facilities(opened.session, element)))


@router.get("/what-if/{session}/links", response_model=PlacedLinks, dependencies=[LOOK])
def placed_links(request: Request, state: State, session: SessionId) -> Response:
    """Ways that the session opened, and segments and gates that it closed."""
    with state.whatif.use(session) as opened:
        return respond(request, prepare(view.links(opened.session)))


@router.get("/what-if/{session}/near", response_model=Near, dependencies=[LOOK])
def what_is_near(
    request: Request,
    state: State,
    session: SessionId,
    lon: Annotated[float, Query(ge=-180, le=180)],
    lat: Annotated[float, Query(ge=-90, le=90)],
    metres: Annotated[float, Query(gt=0, le=200)] = 50.0,
) -> Response:
    """What a click at a place can open or close."""
    with state.whatif.use(session) as opened:
        return respond(request, prepare(view.near(opened.session, lon, lat, metres)))


@router.get("/scenarios", response_model=ScenarioList, dependencies=[LOOK])
def scenarios(request: Request, state: State) -> Response:
    """Stored scenarios, newest first."""
    return respond(request, prepare({"items": [view.scenario_body(one) for one in _store(state).all()]}))


@router.post("/scenarios/merge", response_model=MergeOut, responses=COMMON, dependencies=[KEEP])
def merge_scenarios(request: Request, state: State, wanted: MergeRequest) -> Response:
    """One scenario of two. Where their edits contradict one another nothing is stored."""
    store, city = _store(state), state.city()
    found = merge(store.get(wanted.first), store.get(wanted.second))
    made = None
    if wanted.name is not None and not found.conflicts:
        named = store.save(found.scenario, wanted.name, snapshot=city.snapshot.id)
        made = view.scenario_body(named, city, found.scenario)
    return respond(request, prepare({"scenario": made, "conflicts": [_conflict(one) for one in found.conflicts]}))


def _conflict(found: Conflict) -> dict[str, object]:
    details = {"first": found.first, "second": found.second, "value": found.id}
    zh, en = (messages.text("whatif.conflict", details, language) for language in ("zh", "en"))
    return {
        "first": found.first,
        "second": found.second,
        "kind": found.kind,
        "id": found.id,
        "message": {"zh": zh, "en": en},
    }


@router.post("/scenarios/compare", response_model=Comparison, responses=COMMON, dependencies=[LOOK])
def compare_scenarios(request: Request, state: State, wanted: CompareRequest) -> Response:
    """Two scenarios beside one another and the city as it is."""
    from kezhong.assess.whatif import compare

    store = _store(state)
    first, second = (store.get(one) if one else Scenario() for one in (wanted.first, wanted.second))
    engine = _engine(state, wanted.basis, wanted.walker)
    return respond(request, prepare(compare(engine, first, second)))


@router.get("/scenarios/{scenario}", response_model=ScenarioOut, dependencies=[LOOK])
def scenario(request: Request, state: State, scenario: ScenarioId) -> Response:
    """A stored scenario with its edits."""
    store = _store(state)
    return respond(request, prepare(view.scenario_body(store.named(scenario), state.city(), store.get(scenario))))


@router.put("/scenarios/{scenario}/name", response_model=ScenarioOut, responses=COMMON, dependencies=[KEEP])
def rename_scenario(request: Request, state: State, scenario: ScenarioId, wanted: SaveRequest) -> Response:
    """Another name or note."""
    return respond(request, prepare(view.scenario_body(_store(state).rename(scenario, wanted.name, wanted.note))))


@router.delete("/scenarios/{scenario}", status_code=204, responses=COMMON, dependencies=[KEEP])
def remove_scenario(state: State, scenario: ScenarioId) -> Response:
    """Forget a scenario."""
    _store(state).remove(scenario)
    return Response(status_code=204)
