"""A city with three districts and all the lead departments, and the Wuhai programme set up in it."""

from __future__ import annotations

import pytest

from kezhong.office.programme import Created
from office_world import World
from programme_world import make_programme


@pytest.fixture
def plan(world: World) -> Created:
    """The programme of the template, under way in the small city."""
    return make_programme(world)
