"""Where facilities stand: enough of them for everyone, except where a shortfall is planted.

Each element is placed by greedy covering on walking distances of this module's own (SciPy's Dijkstra on the
generated network, not the engine that is to be shown with it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from kezhong.demo.estates import Estate, People
from kezhong.demo.layout import Array
from kezhong.demo.streets import Net

LIMIT_M = 1150.0
_CHUNK = 200
#: A covered person is well inside the threshold, so that small differences of measuring do not matter.
_INSIDE = 0.95
_LEAK = 1.04


@dataclass(slots=True)
class Reach:
    """Walking distances from candidate places to people, as far as :data:`LIMIT_M`."""

    nodes: npt.NDArray[np.int64]  # candidate → node of the network
    metres: csr_matrix  # candidates × groups of people, 0: out of reach
    groups: int

    def within(self, metres: float) -> csr_matrix:
        """1.0 where a candidate reaches a group within ``metres``."""
        found = self.metres.copy()
        found.data = (found.data <= metres).astype(float)
        found.eliminate_zeros()
        return found

    def users(self, chosen: list[int], metres: float, weight: Array) -> list[float]:
        """Of each chosen candidate: the weight of the groups for which it is the nearest of the chosen."""
        if not chosen:
            return []
        near = self.metres[chosen].tocoo()
        fits = near.data <= metres
        row, column, length = near.row[fits], near.col[fits], near.data[fits]
        order = np.lexsort((row, length, column))
        row, column = row[order], column[order]
        first = np.flatnonzero(np.r_[True, np.diff(column) > 0]) if len(column) else np.array([], dtype=np.int64)
        found: list[float] = np.bincount(row[first], weights=weight[column[first]], minlength=len(chosen)).tolist()
        return found


def network_matrix(net: Net) -> csr_matrix:
    """Lengths of the walkable pieces, symmetric."""
    xy = np.array(net.xy)
    pairs = [
        np.column_stack([nodes[:-1], nodes[1:]])
        for nodes, tags in net.ways
        if "highway" in tags and tags.get("access") != "private"
    ]
    pairs += [np.array([nodes[:2]]) for nodes, tags in net.ways if tags.get("service") == "driveway"]
    edges = np.vstack(pairs)
    length = np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T)
    size = len(net.xy)
    return csr_matrix((length, (edges[:, 0], edges[:, 1])), shape=(size, size))


def measure(net: Net, people: People, estates: list[Estate], candidates: npt.NDArray[np.int64]) -> Reach:
    """Distances from every candidate node to every group of people (by the gates of walled estates)."""
    matrix = network_matrix(net)
    xy = np.array(net.xy)
    used = np.unique(np.concatenate([matrix.tocoo().row, matrix.tocoo().col]))
    gates = {gate for estate in estates for gate in estate.gates}
    public = np.array([node for node in used.tolist() if node not in gates])
    gap, near = cKDTree(xy[public]).query(people.xy)
    group, node, extra = [], [], []
    for k, number in enumerate(people.estate.tolist()):
        estate = estates[number]
        doors = estate.gates if estate.gated else [int(public[near[k]])]
        for door in doors:
            group.append(k)
            node.append(door)
            extra.append(float(np.hypot(*(people.xy[k] - xy[door]))) if estate.gated else float(gap[k]))
    groups, doors_at, inside = np.array(group), np.array(node), np.array(extra)
    first = np.flatnonzero(np.r_[True, np.diff(groups) > 0])
    rows, columns, values = [], [], []
    for start in range(0, len(candidates), _CHUNK):
        found = dijkstra(matrix, directed=False, indices=candidates[start : start + _CHUNK], limit=LIMIT_M)
        metres = np.minimum.reduceat(found[:, doors_at] + inside, first, axis=1)
        row, column = np.nonzero(metres <= LIMIT_M)
        rows.append(row + start)
        columns.append(column)
        values.append(np.maximum(metres[row, column], 0.1))
    where = (np.concatenate(rows), np.concatenate(columns))
    shape = (len(candidates), len(people.total))
    return Reach(candidates, coo_matrix((np.concatenate(values), where), shape=shape).tocsr(), len(people.total))


@dataclass(slots=True)
class Task:
    """What one element's placement has to do."""

    metres: float  # threshold
    weight: Array  # target group by group of people
    community: npt.NDArray[np.int64]  # number of the community of each group
    withheld: tuple[int, ...]  # communities that shall go without
    asked: npt.NDArray[np.bool_]  # communities that shall be served
    barred: npt.NDArray[np.bool_]  # candidates that may not be used
    gaps: int  # natural, lesser gaps to leave
    lagging: npt.NDArray[np.bool_]  # communities in which most lack a little
    complete: bool = False  # serve practically everybody
    forced: tuple[int, ...] = ()  # candidates that stand in any case


WITHHELD_COVER = 0.12  # of a planted community's target group may be covered after all
GOOD_COVER = 0.965
WORST_GAP = 0.36


def place(reach: Reach, task: Task, rng: np.random.Generator, *, fixed: Array | None = None) -> list[int]:
    """Choose candidates for one element.

    ``fixed`` marks groups of people that something else serves already (a large park, say).
    """
    inside, leak = reach.within(task.metres * _INSIDE), reach.within(task.metres * _LEAK)
    n_communities = len(task.asked)
    total = np.maximum(np.bincount(task.community, weights=task.weight, minlength=n_communities), 1e-9)
    served = task.asked.copy()
    served[list(task.withheld)] = False
    wanted = np.where(served[task.community], task.weight / total[task.community], 0.0)
    leaks = {own: leak @ np.where(task.community == own, task.weight / total[own], 0.0) for own in task.withheld}
    covered = np.zeros(reach.groups, dtype=bool) if fixed is None else fixed.astype(bool)
    budget = dict.fromkeys(task.withheld, WITHHELD_COVER)
    chosen: list[int] = list(task.forced)
    for c in chosen:
        covered |= inside[c].toarray().ravel() > 0
    taste = rng.uniform(0.8, 1.0, len(reach.nodes))  # or every element would stand at the same corners
    while True:
        open_ = ~task.barred
        for own, amount in leaks.items():
            open_ &= amount <= budget[own]
        gain = np.where(open_, inside @ np.where(covered, 0.0, wanted), 0.0)
        best = int(np.argmax(gain * taste))
        missing = np.bincount(task.community, weights=np.where(covered, 0.0, wanted), minlength=n_communities)
        if gain[best] < (0.0005 if task.complete else 0.012) or (not task.complete and missing.max() < 1 - GOOD_COVER):
            break
        chosen.append(best)
        covered |= inside[best].toarray().ravel() > 0
        for own in task.withheld:
            budget[own] -= float(leaks[own][best])
    if task.complete:
        return chosen
    return _thin(inside, chosen, task, wanted, fixed, rng)


def _thin(
    inside: csr_matrix,
    chosen: list[int],
    task: Task,
    wanted: Array,
    fixed: Array | None,
    rng: np.random.Generator,
) -> list[int]:
    """Close a few facilities again, so that believable lesser gaps stay; none is as bad as a planted one."""
    kept = list(chosen)
    count = np.asarray(inside[kept].sum(axis=0)).ravel()
    if fixed is not None:
        count = count + fixed
    n = len(task.asked)

    def missing(counts: Array) -> Array:
        return np.asarray(
            np.bincount(task.community, weights=np.where(counts > 0.5, 0.0, wanted), minlength=n), dtype=np.float64
        )

    before = missing(count)
    for lagging in (True, False):
        for k in rng.permutation(len(chosen)).tolist():
            if chosen[k] not in kept or chosen[k] in task.forced:
                continue
            after_count = count - inside[chosen[k]].toarray().ravel()
            after = missing(after_count)
            if _may_close(task, before, after, lagging=lagging):
                kept.remove(chosen[k])
                count, before = after_count, after
    return kept


def _may_close(task: Task, before: Array, after: Array, *, lagging: bool) -> bool:
    """Whether the gaps that closing a facility would leave are still believable."""
    grown = after > before + 1e-9
    if after[grown].max(initial=0.0) > WORST_GAP:
        return False
    if lagging:  # most communities of a lagging street, and no other
        return bool((grown & task.lagging).any() and not (grown & ~task.lagging & (after > 0.14)).any())
    grown &= ~task.lagging
    if (after[~task.lagging] > 0.15).sum() > task.gaps:
        return False
    return not ((after > 0.14) & (after < 0.26) & grown).any()  # too near the 20 % line to be sure of
