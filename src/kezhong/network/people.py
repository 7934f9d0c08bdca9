"""People of places by group and age band, and whom each element is for: whose gain :mod:`openings` counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kezhong.errors import InputError
from kezhong.network.graph import Flags, Floats, Longs


@dataclass(frozen=True, eq=False)
class People:
    """Who lives at the places, and what each of them is to have.

    Attributes
    ----------
    groups : float64 (G, D)
        People of each place by group; the first row is everybody.
    applies : bool (E, D)
        At which places each element is asked for.
    required : bool (E,)
        Elements that count for having all that is required.
    bands : float64 (B, D)
        People of each place by age band, which do not overlap.
    within : bool (G, B)
        Which bands a group holds.
    serves : int64 (E,)
        Whom an element is for: a bit for each band, and bit B for everybody.
    """

    groups: Floats
    applies: Flags
    required: Flags
    bands: Floats
    within: Flags
    serves: Longs

    @classmethod
    def everybody(cls, people: ArrayLike, n_elements: int) -> People:
        """One group, every element for everybody and required."""
        one = np.atleast_2d(np.asarray(people, np.float64))
        applies = np.ones((n_elements, one.shape[1]), np.bool_)
        return cls.for_all(one, applies, np.ones(n_elements, np.bool_))

    @classmethod
    def for_all(cls, groups: ArrayLike, applies: ArrayLike, required: ArrayLike) -> People:
        """Several groups; every element is for everybody."""
        rows, asked = np.asarray(groups, np.float64), np.asarray(applies, np.bool_)
        none, within = np.zeros((0, rows.shape[1])), np.zeros((len(rows), 0), np.bool_)
        return cls(rows, asked, np.asarray(required, np.bool_), none, within, np.ones(len(asked), np.int64))

    def served(self, bits: Longs, places: NDArray[np.signedinteger[Any]]) -> Floats:
        """(G, n): people of some places whom at least one of the bits holds; nobody where there is none."""
        found = np.zeros((len(self.groups), len(places)))
        for band, people in enumerate(self.bands[:, places]):
            held = ((bits >> band) & 1).astype(np.bool_)
            found += np.where(held, people, 0.0) * self.within[:, band : band + 1]
        everybody = ((bits >> len(self.bands)) & 1).astype(np.bool_)
        return np.where(everybody, self.groups[:, places], found)

    def checked(self, n_elements: int, n_demand: int) -> People:
        """The same as contiguous arrays; :class:`InputError` where shapes do not fit."""
        groups = np.ascontiguousarray(self.groups, np.float64)
        if groups.ndim != 2 or groups.shape[1] != n_demand:
            raise InputError("network.shape", column="people.groups", value=groups.shape, expected=f"(G, {n_demand})")
        applies = np.ascontiguousarray(self.applies, np.bool_)
        if applies.shape != (n_elements, n_demand):
            raise InputError(
                "network.shape", column="people.applies", value=applies.shape, expected=(n_elements, n_demand)
            )
        required = np.ascontiguousarray(self.required, np.bool_)
        serves = np.ascontiguousarray(self.serves, np.int64)
        for column, given in (("people.required", required), ("people.serves", serves)):
            if given.shape != (n_elements,):
                raise InputError("network.shape", column=column, value=given.shape, expected=(n_elements,))
        bands = np.ascontiguousarray(self.bands, np.float64)
        within = np.ascontiguousarray(self.within, np.bool_)
        if bands.shape[1:] != (n_demand,):
            raise InputError("network.shape", column="people.bands", value=bands.shape, expected=f"(B, {n_demand})")
        if within.shape != (len(groups), len(bands)):
            expected = (len(groups), len(bands))
            raise InputError("network.shape", column="people.within", value=within.shape, expected=expected)
        return People(groups, applies, required, bands, within, serves)
