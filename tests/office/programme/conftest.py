"""A city with three districts and all the lead departments, and the Wuhai programme set up in it."""

from __future__ import annotations

import pytest

from kezhong.office.programme import Created
from office_world import World
from programme_world import make_programme, since_ever


@pytest.fixture
def plan(world: World) -> Created:
    """The programme of the template, under way in the small city."""
    since_ever(world)
    return make_programme(world)
