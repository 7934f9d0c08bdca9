"""What every output says about itself: which city, which version, which basis, how good the data are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kezhong import clock
from kezhong.catalogue import load_catalogue
from kezhong.city.results import Run
from kezhong.city.workspace import City

SYNTHETIC_ZH = "合成数据"


@dataclass(frozen=True, slots=True)
class Context:
    """The context printed on an output; texts in Chinese, ready to show."""

    city: str
    synthetic: bool
    snapshot: str
    snapshot_time: str
    basis: str
    basis_id: str
    walker: str
    run: str
    version: str
    assessed: str
    exported: str
    quality: str
    insufficient: bool
    attribution: tuple[str, ...]

    def lines(self) -> list[tuple[str, str]]:
        """Label and value, in the order in which they are printed."""
        city = f"{self.city}【{SYNTHETIC_ZH}】" if self.synthetic else self.city
        quality = f"{self.quality}【数据不足，结果仅供参考】" if self.insufficient else self.quality
        return [
            ("城市", city),
            ("数据快照", f"{self.snapshot}({self.snapshot_time})" if self.snapshot_time else self.snapshot),
            ("口径", f"{self.basis}({self.basis_id})"),
            ("步行者", self.walker),
            ("评估时间", self.assessed),
            ("导出日期", self.exported),
            ("数据质量得分", quality),
            ("评估编号", f"{self.run}（刻钟 {self.version}）"),
            ("数据来源与署名", ";".join(self.attribution) or "无"),
        ]


def context_of(city: City, run: Run) -> Context:
    """The context of a run's outputs; times in the city's zone."""
    made, book = run.manifest, load_catalogue()
    basis, walker = book.bases.get(str(made["basis"])), book.walkers.get(str(made["walker"]))
    zone = city.config.timezone
    return Context(
        city=city.config.name,
        synthetic=city.config.synthetic,
        snapshot=str(made["snapshot"]),
        snapshot_time=_local(city.snapshot.created, zone),
        basis=basis.zh if basis else str(made["basis"]),
        basis_id=str(made["basis"]),
        walker=walker.zh if walker else str(made["walker"]),
        run=run.id,
        version=str(made["version"]),
        assessed=_local(str(made["created"]), zone),
        exported=_day(clock.today(zone)),
        quality=f"{float(made['quality']):.0f}/100" if made["quality"] is not None else "无",
        insufficient=bool(made["insufficient"]),
        attribution=city.config.attribution,
    )


def _local(stamp: str, zone: str) -> str:
    """``2026-11-23T08:00:00Z`` as 2026年11月23日 16:00; empty stays empty."""
    if not stamp:
        return ""
    moment = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(zone))
    return f"{_day(local)} {local:%H:%M}"


def _day(day: object) -> str:
    year, month, number = (int(getattr(day, part)) for part in ("year", "month", "day"))
    return f"{year}年{month}月{number}日"
