"""What verification finds: every way in which somebody who rules the database could change the past."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from kezhong import clock
from kezhong.errors import CancelledError, InputError
from kezhong.office.audit.anchors import anchor, read_anchors
from kezhong.office.audit.keys import new_pair, trusted
from kezhong.office.audit.verify import Verdict, verify
from kezhong.office.models import CalendarDay
from kezhong.office.office import Office

SEED, PUBLIC = new_pair()
ENVIRON = {"KEZHONG_AUDIT_KEY": SEED}


def write(office: Office, number: int, first: int = 0) -> None:
    for k in range(first, first + number):
        with office.acting(office.system("test")) as session:
            session.add(CalendarDay(day=date(2030, 1, 1) + timedelta(days=k), kind="holiday", name=f"第{k}天"))


@contextmanager
def ruler(office: Office) -> Iterator[Callable[..., object]]:
    """Somebody with the owner's rights, who also switches the trigger off."""
    with office.database.owner_engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        yield lambda statement, **values: connection.execute(text(statement), values)
        connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


def codes(verdict: Verdict) -> list[str]:
    return [one.code for one in verdict.findings]


def rewrite_from(office: Office, seq: int) -> None:
    """Alter an entry and recompute all that follows, head included: whole in itself."""
    from kezhong.office.audit.chain import COLUMNS, entry_hash

    with ruler(office) as run:
        run("UPDATE audit_entry SET reason = 'nothing happened' WHERE seq = :seq", seq=seq)
        previous = run("SELECT previous FROM audit_entry WHERE seq = :seq", seq=seq).scalar()
        rows = run("SELECT * FROM audit_entry WHERE seq >= :seq ORDER BY seq", seq=seq).mappings().all()
        for row in rows:
            digest = entry_hash(bytes(previous), {name: row[name] for name in COLUMNS})
            run(
                "UPDATE audit_entry SET previous = :p, hash = :h WHERE seq = :s",
                p=bytes(previous),
                h=digest,
                s=row["seq"],
            )
            previous = digest
        run("UPDATE audit_head SET hash = :h", h=previous)


def test_a_sound_chain(office: Office) -> None:
    write(office, 5)
    verdict = verify(office, environ={})
    assert verdict.whole
    assert (verdict.entries, verdict.seq) == (5, 5)
    assert [one.code for one in verdict.warnings] == ["audit.no_anchor"]
    made = anchor(office, environ=ENVIRON)
    assert made is not None
    assert made.seq == 5
    write(office, 2, 10)
    verdict = verify(office, environ=ENVIRON)
    assert verdict.whole
    assert (verdict.anchors, verdict.signed, verdict.protected) == (1, 1, 5)
    assert [one.code for one in verdict.warnings] == ["audit.not_yet_anchored"]


def test_an_empty_chain_is_whole(office: Office) -> None:
    assert verify(office, environ=ENVIRON).whole
    assert anchor(office, force=True, environ=ENVIRON) is None


@pytest.mark.parametrize("column", ["reason", "after", "actor", "area_path", "origin_digest", "object_id"])
def test_an_altered_column_is_found(office: Office, column: str) -> None:
    write(office, 5)
    with ruler(office) as run:
        run(f"UPDATE audit_entry SET {column} = {column} || 'x' WHERE seq = 3")
    verdict = verify(office, environ={})
    assert codes(verdict) == ["audit.altered"]
    assert verdict.findings[0].details["seq"] == 3
    assert "3" in verdict.findings[0].text("zh")


def test_an_altered_time_and_actor_are_found(office: Office) -> None:
    write(office, 4)
    with ruler(office) as run:
        run("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE seq = 2")
        run("UPDATE audit_entry SET actor_id = 7 WHERE seq = 4")
    assert [one.details["seq"] for one in verify(office, environ={}).findings] == [2, 4]


def test_an_entry_with_a_new_hash_is_unlinked(office: Office) -> None:
    write(office, 5)
    from kezhong.office.audit.chain import COLUMNS, entry_hash

    with ruler(office) as run:
        row = dict(run("SELECT * FROM audit_entry WHERE seq = 3").mappings().one())
        row["reason"] = "x"
        digest = entry_hash(bytes(row["previous"]), {name: row[name] for name in COLUMNS})
        run("UPDATE audit_entry SET reason = 'x', hash = :h WHERE seq = 3", h=digest)
    verdict = verify(office, environ={})
    assert codes(verdict) == ["audit.unlinked"]
    assert verdict.findings[0].details["seq"] == 4


def test_a_gap_is_found(office: Office) -> None:
    write(office, 6)
    with ruler(office) as run:
        run("DELETE FROM audit_entry WHERE seq IN (3, 4)")
    verdict = verify(office, environ={})
    assert codes(verdict) == ["audit.gap"]
    assert verdict.findings[0].details == {"first": 3, "last": 4}


def test_a_cut_end_is_found_by_the_head(office: Office) -> None:
    write(office, 6)
    with ruler(office) as run:
        run("DELETE FROM audit_entry WHERE seq > 4")
    assert codes(verify(office, environ={})) == ["audit.head_differs"]


def test_a_cut_end_with_a_mended_head_is_found_by_the_anchor(office: Office) -> None:
    write(office, 6)
    anchor(office, environ=ENVIRON)
    with ruler(office) as run:
        run("DELETE FROM audit_entry WHERE seq > 4")
        run("UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit_entry WHERE seq = 4)")
        run("DELETE FROM audit_anchor")
    assert codes(verify(office, environ=ENVIRON)) == ["audit.truncated"]


def test_all_entries_removed_is_found_by_the_anchor(office: Office) -> None:
    write(office, 3)
    anchor(office, environ=ENVIRON)
    with ruler(office) as run:
        run("DELETE FROM audit_entry")
        run("UPDATE audit_head SET seq = 0, hash = :h", h=bytes(32))
    assert "audit.truncated" in codes(verify(office, environ=ENVIRON))


def test_rewriting_is_found_since_the_last_sound_anchor(office: Office) -> None:
    write(office, 3)
    anchor(office, environ=ENVIRON)
    write(office, 3, 10)
    anchor(office, force=True, environ=ENVIRON)
    write(office, 2, 20)
    rewrite_from(office, 5)
    verdict = verify(office, environ=ENVIRON)
    assert codes(verdict) == ["audit.rewritten"]
    assert verdict.findings[0].details == {"good": 3, "seq": 6}


def test_rewriting_behind_the_last_anchor_is_bounded_by_it(office: Office) -> None:
    """What no anchor covers cannot be protected: the verdict says so."""
    write(office, 3)
    anchor(office, environ=ENVIRON)
    write(office, 3, 10)
    rewrite_from(office, 5)
    verdict = verify(office, environ=ENVIRON)
    assert verdict.whole
    assert verdict.protected == 3


def test_a_printed_hash_finds_rewriting(office: Office) -> None:
    write(office, 6)
    digest = verify(office, environ={}).hash
    grouped = " ".join(digest[k : k + 4] for k in range(0, 64, 4)).upper()
    assert verify(office, sheet=[(6, grouped)], environ={}).protected == 6
    rewrite_from(office, 2)
    assert codes(verify(office, sheet=[(6, grouped)], environ={})) == ["audit.rewritten"]
    assert codes(verify(office, sheet=[(6, grouped[:19])], environ={})) == ["audit.rewritten"]
    for typed in ("12", "zz" * 16, digest + "0"):
        with pytest.raises(InputError):
            verify(office, sheet=[(6, typed)], environ={})


def test_a_sheet_beyond_the_end_is_truncation(office: Office) -> None:
    write(office, 2)
    assert codes(verify(office, sheet=[(9, "ab" * 32)], environ={})) == ["audit.truncated"]


def two_anchors(office: Office) -> list[str]:
    for k in range(3):
        write(office, 2, 10 * k)
        anchor(office, force=True, environ=ENVIRON)
    return office.anchors_file.read_text("utf-8").splitlines()


def test_an_altered_anchor_is_found(office: Office) -> None:
    lines = two_anchors(office)
    values = json.loads(lines[1])
    values["hash"] = "00" * 32
    lines[1] = json.dumps(values, sort_keys=True, separators=(",", ":"))
    office.anchors_file.write_text("\n".join(lines) + "\n", "utf-8")
    found = codes(verify(office, environ=ENVIRON))
    assert "audit.anchor_bad_signature" in found
    assert "audit.anchor_altered" in found  # the next line no longer follows it


def test_an_anchor_taken_out_is_found(office: Office) -> None:
    lines = two_anchors(office)
    office.anchors_file.write_text("\n".join((lines[0], lines[2])) + "\n", "utf-8")
    assert set(codes(verify(office, environ=ENVIRON))) == {"audit.anchor_altered", "audit.anchor_missing"}


def test_anchors_cut_off_or_gone_are_found(office: Office) -> None:
    lines = two_anchors(office)
    office.anchors_file.write_text("\n".join(lines[:2]) + "\n", "utf-8")
    assert codes(verify(office, environ=ENVIRON)) == ["audit.anchor_missing"]
    office.anchors_file.unlink()
    verdict = verify(office, environ=ENVIRON)
    assert codes(verdict) == ["audit.anchor_missing"]
    assert verdict.findings[0].details["number"] == 3


def test_garbage_in_the_file_is_found(office: Office) -> None:
    lines = two_anchors(office)
    office.anchors_file.write_bytes(b"\xff\xfe{\n" + "\n".join(lines).encode() + b"\n")
    assert set(codes(verify(office, environ=ENVIRON))) == {"audit.anchor_altered"}


def test_forged_anchors_are_found(office: Office) -> None:
    """Chain and anchors rewritten together, by somebody without the key."""
    write(office, 4)
    anchor(office, environ=ENVIRON)
    rewrite_from(office, 2)
    other = {"KEZHONG_AUDIT_KEY": new_pair()[0]}
    for environ, code in (({}, "audit.nothing_signed"), (other, "audit.anchor_unknown_key")):
        office.anchors_file.unlink()
        with ruler(office) as run:
            run("DELETE FROM audit_anchor")
        anchor(office, environ=environ)
        assert code in codes(verify(office, public_keys=[PUBLIC], environ={}))
    # appended to a sound file instead
    write(office, 1, 50)


def test_an_unsigned_anchor_after_signed_ones_is_found(office: Office) -> None:
    write(office, 2)
    anchor(office, environ=ENVIRON)
    write(office, 2, 10)
    anchor(office, force=True, environ={})
    assert codes(verify(office, environ=ENVIRON)) == ["audit.anchor_unsigned_later"]


def test_without_a_key_it_is_said_and_no_error(office: Office) -> None:
    write(office, 2)
    anchor(office, environ={})
    verdict = verify(office, environ={})
    assert verdict.whole
    assert [one.code for one in verdict.warnings] == ["audit.unsigned"]
    assert verdict.protected == 0


def test_setting_a_key_later(office: Office) -> None:
    write(office, 2)
    anchor(office, environ={})
    assert codes(verify(office, environ=ENVIRON)) == ["audit.nothing_signed"]
    assert anchor(office, force=True, environ=ENVIRON) is not None  # the same head, now signed
    verdict = verify(office, environ=ENVIRON)
    assert verdict.whole
    assert verdict.protected == 2


def test_a_former_key_stays_trusted(office: Office) -> None:
    write(office, 2)
    anchor(office, environ=ENVIRON)
    write(office, 2, 10)
    new = {"KEZHONG_AUDIT_KEY": new_pair()[0]}
    anchor(office, force=True, environ=new)
    assert codes(verify(office, environ=new)) == ["audit.anchor_unknown_key"]
    assert verify(office, environ={**new, "KEZHONG_AUDIT_PUBLIC_KEY": f"{PUBLIC},"}).whole


def test_signatures_are_not_believed_unseen(office: Office) -> None:
    write(office, 2)
    anchor(office, environ=ENVIRON)
    verdict = verify(office, environ={})
    assert verdict.whole
    assert [one.code for one in verdict.warnings] == ["audit.unchecked_signatures"]
    assert verdict.protected == 0


def test_anchors_of_another_city_are_found(office: Office) -> None:
    write(office, 2)
    anchor(office, environ={})
    content = office.anchors_file.read_text("utf-8").replace(office.config.city_id, "elsewhere")
    office.anchors_file.write_text(content, "utf-8")
    assert "audit.anchor_foreign" in codes(verify(office, environ={}))


def test_the_second_file_shows_what_the_first_lost(office: Office, tmp_path) -> None:
    environ = {**ENVIRON, "KEZHONG_AUDIT_ANCHORS": str(tmp_path / "elsewhere.jsonl")}
    write(office, 2)
    anchor(office, environ=ENVIRON)  # before the second was set up
    write(office, 2, 10)
    anchor(office, force=True, environ=environ)
    assert len(read_anchors(tmp_path / "elsewhere.jsonl").anchors) == 2  # it caught up
    assert verify(office, environ=environ).whole
    lines = office.anchors_file.read_text("utf-8").splitlines()
    office.anchors_file.write_text(lines[0] + "\n", "utf-8")
    with ruler(office) as run:
        run("DELETE FROM audit_anchor")
    assert codes(verify(office, environ=environ)) == ["audit.anchor_files_differ"]


def test_a_second_file_that_cannot_be_written_stops_nothing(office: Office, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    environ = {**ENVIRON, "KEZHONG_AUDIT_ANCHORS": str(tmp_path / "file" / "below.jsonl")}
    write(office, 1)
    assert anchor(office, environ=environ) is not None


def test_at_most_hourly_and_only_when_it_moved(office: Office) -> None:
    moment = clock.now()
    write(office, 1)
    with clock.frozen(moment):
        assert anchor(office, environ={}) is not None
        assert anchor(office, force=True, environ={}) is None
        write(office, 1, 10)
        assert anchor(office, environ={}) is None
    with clock.frozen(moment + timedelta(minutes=59)):
        assert anchor(office, environ={}) is None
    with clock.frozen(moment + timedelta(minutes=61)):
        assert anchor(office, environ={}) is not None
        write(office, 1, 20)
    with clock.frozen(moment - timedelta(days=30)):  # the clock was set back: go on all the same
        assert anchor(office, environ={}) is not None


def test_half_a_line_of_a_crash_is_taken_away(office: Office) -> None:
    two_anchors(office)
    with office.anchors_file.open("ab") as stream:
        stream.write(b'{"after":"12')
    assert verify(office, environ=ENVIRON).whole
    write(office, 1, 90)
    anchor(office, force=True, environ=ENVIRON)
    assert verify(office, environ=ENVIRON).whole


def test_it_can_be_cancelled(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kezhong.office.audit.verify.BATCH", 2)
    write(office, 5)

    def stop(share: float, step: str) -> None:
        raise CancelledError("jobs.cancelled", job="x")

    with pytest.raises(CancelledError):
        verify(office, progress=stop, environ={})
    assert verify(office, environ={}).whole


def test_bad_keys_are_told_without_the_key() -> None:
    with pytest.raises(InputError) as caught:
        trusted(["c2hvcnQ="], {})
    assert "c2hvcnQ" not in str(caught.value)
    with pytest.raises(InputError):
        trusted((), {"KEZHONG_AUDIT_KEY": "no key"})
