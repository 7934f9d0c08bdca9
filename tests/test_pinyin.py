"""Names as they are typed without a Chinese keyboard."""

from __future__ import annotations

import pytest

from kezhong.pinyin import is_typed, spelled, syllables


@pytest.mark.parametrize("word", ["hbw", "haibowan", "haibw", "hbowan", "HBW"])
def test_initials_syllables_and_mixtures(word: str) -> None:
    assert spelled("海勃湾区民政局", word) == "海勃湾"


def test_two_letters_count_from_the_beginning() -> None:
    assert spelled("海勃湾区民政局", "hb") == "海勃"
    assert spelled("海勃湾区民政局", "mz") is None
    assert spelled("海勃湾区民政局", "mzj") == "民政局"


def test_what_it_does_not_spell() -> None:
    for word in ("hbx", "haibowanqx", "aibo", "bw"):
        assert spelled("海勃湾区", word) is None
    assert spelled("", "hbw") is None
    assert spelled("，。", "hbw") is None


def test_readings_of_the_whole_name() -> None:
    assert syllables("重庆路社区") == ("chong", "qing", "lu", "she", "qu")
    assert syllables("LC1·和平") == ("l", "c", "1", "", "he", "ping")
    assert spelled("LC1和平", "lc") == "LC"


@pytest.mark.parametrize(
    ("word", "typed"), [("hbw", True), ("h", False), ("h1", False), ("海勃", False), ("a b", False)]
)
def test_what_may_be_pinyin(word: str, typed: bool) -> None:
    assert is_typed(word) is typed
