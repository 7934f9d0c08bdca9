"""People by hour: who is within reach of something that is open in each hour of the week.

Masks are uint64 words, least significant first; what each bit means is the caller's business.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kezhong.network._compile import kernel

WORD = 64


def coverage_by_hour(
    masks: npt.ArrayLike, people: npt.ArrayLike, area_of: npt.ArrayLike, n_areas: int
) -> npt.NDArray[np.float64]:
    """Sum the people whose mask has a bit set, by element, area and bit.

    Parameters
    ----------
    masks
        uint64 (E, D, W): bit *h* is set where demand point *d* reaches element *e* open in hour *h*.
    people
        (D,) people, not negative.
    area_of
        (D,) number of the area each demand point lies in, 0 … ``n_areas`` − 1; −1: in none.
    n_areas
        Number of areas, A.

    Returns
    -------
    float64 (E, A, 64 · W). Points are added in their order, so that the result does not depend on the machine; where
    people are whole numbers it is exact.

    Raises
    ------
    ValueError
        The shapes do not fit, or an area's number is out of range.
    """
    words = np.ascontiguousarray(masks, dtype=np.uint64)
    counted = np.ascontiguousarray(people, dtype=np.float64)
    areas = np.ascontiguousarray(area_of, dtype=np.int32)
    if words.ndim != 3 or counted.shape != words.shape[1:2] or areas.shape != counted.shape:
        msg = f"masks {words.shape}, people {counted.shape} and areas {areas.shape} do not fit together"
        raise ValueError(msg)
    if len(areas) and (int(areas.max()) >= n_areas or int(areas.min()) < -1):
        msg = f"areas are numbered from -1 to {n_areas - 1}"
        raise ValueError(msg)
    out = np.zeros((words.shape[0], n_areas, words.shape[2] * WORD))
    _add(words, counted, areas, out)
    return out


@kernel
def _add(
    masks: npt.NDArray[np.uint64],
    people: npt.NDArray[np.float64],
    area_of: npt.NDArray[np.int32],
    out: npt.NDArray[np.float64],
) -> None:
    for element in range(masks.shape[0]):
        for point in range(masks.shape[1]):
            area = area_of[point]
            count = people[point]
            if area < 0 or count == 0.0:
                continue
            for word in range(masks.shape[2]):
                bits = masks[element, point, word]
                if bits == 0:
                    continue
                row = out[element, area, word * 64 : word * 64 + 64]
                # No branch in here: the loop becomes vector code, a bit at a time in as many lanes as there are.
                for bit in range(64):
                    row[bit] += count * np.float64((bits >> np.uint64(bit)) & np.uint64(1))
