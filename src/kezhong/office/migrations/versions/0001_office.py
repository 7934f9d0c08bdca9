"""The office.

Revision 0001, the first.
"""

# ruff: noqa: E501, RUF100 - drafted by kezhong.office.migrations.draft
from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_GUARD = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
_HEAD = "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'))"


def upgrade() -> None:
    """Forward."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "area",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("built_up", sa.Boolean(), nullable=True),
        sa.Column("people", sa.Double(), nullable=True),
        sa.Column("members", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["area.code"], name=op.f("fk_area_parent_code_area")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_area")),
    )
    op.create_index("ix_area_path_prefix", "area", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"})
    op.create_table(
        "audit_anchor",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_anchor")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("origin_digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "seq"], unique=False)
    op.create_index(
        "ix_audit_entry_area_path",
        "audit_entry",
        ["area_path", "seq"],
        unique=False,
        postgresql_ops={"area_path": "text_pattern_ops"},
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_object", "audit_entry", ["object_kind", "object_id", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "caller", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "programme",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_hash", sa.Text(), nullable=False),
        sa.Column("bindings", postgresql.JSONB(), nullable=False),
        sa.Column("shift_years", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_programme_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
    )
    op.create_table(
        "rate_window",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_rate_window")),
    )
    op.create_table(
        "reminder_sent",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_sent")),
        sa.UniqueConstraint("key", name=op.f("uq_reminder_sent_key")),
    )
    op.create_index("ix_reminder_sent_object", "reminder_sent", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "sign_in_gate",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_gate")),
    )
    op.create_table(
        "webhook",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_variable", sa.Text(), nullable=True),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "appraisal",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_appraisal_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal")),
        sa.UniqueConstraint("programme_id", "kind", "period", name=op.f("uq_appraisal_programme_id_kind_period")),
    )
    op.create_index(op.f("ix_appraisal_programme_id"), "appraisal", ["programme_id"], unique=False)
    op.create_table(
        "dispatch_round",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("levels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("content", postgresql.JSONB(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_dispatch_round_programme_id_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_round")),
        sa.UniqueConstraint("programme_id", "kind", "period", name=op.f("uq_dispatch_round_programme_id_kind_period")),
    )
    op.create_index(op.f("ix_dispatch_round_programme_id"), "dispatch_round", ["programme_id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level in ('city','district','street','community')", name=op.f("ck_organisation_level")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_organisation_area_code_area")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["organisation.id"], name=op.f("fk_organisation_successor_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_index(op.f("ix_organisation_area_path"), "organisation", ["area_path"], unique=False)
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"], unique=False)
    op.create_index(
        "ix_organisation_path_prefix",
        "organisation",
        ["path"],
        unique=False,
        postgresql_ops={"path": "text_pattern_ops"},
    )
    op.create_table(
        "stage",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_stage_order")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_stage_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_stage_programme_id_number")),
    )
    op.create_index(op.f("ix_stage_programme_id"), "stage", ["programme_id"], unique=False)
    op.create_table(
        "appraisal_unit",
        sa.Column("appraisal_id", sa.BigInteger(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("measured_weight", sa.Double(), nullable=True),
        sa.Column("vetoes", postgresql.JSONB(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_unit_appraisal_id_appraisal")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_appraisal_unit_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_appraisal_unit_org_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_unit")),
        sa.UniqueConstraint("appraisal_id", "org_id", name=op.f("uq_appraisal_unit_appraisal_id_org_id")),
    )
    op.create_index(op.f("ix_appraisal_unit_appraisal_id"), "appraisal_unit", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_appraisal_unit_area_path"), "appraisal_unit", ["area_path"], unique=False)
    op.create_index(op.f("ix_appraisal_unit_org_id"), "appraisal_unit", ["org_id"], unique=False)
    op.create_index(op.f("ix_appraisal_unit_org_path"), "appraisal_unit", ["org_path"], unique=False)
    op.create_index(op.f("ix_appraisal_unit_state"), "appraisal_unit", ["state"], unique=False)
    op.create_table(
        "circle_duty",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("circle", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("duty in ('lead','responsible','joint')", name=op.f("ck_circle_duty_duty")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_circle_duty_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_circle_duty_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_duty")),
    )
    op.create_index(op.f("ix_circle_duty_organisation_id"), "circle_duty", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_circle_duty_programme_id"), "circle_duty", ["programme_id"], unique=False)
    op.create_table(
        "grid_team",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_grid_team_area_code_area")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_grid_team_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_team")),
        sa.UniqueConstraint("code", name=op.f("uq_grid_team_code")),
    )
    op.create_index(op.f("ix_grid_team_area_path"), "grid_team", ["area_path"], unique=False)
    op.create_table(
        "objection",
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_objection_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_objection_org_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    op.create_index(op.f("ix_objection_area_path"), "objection", ["area_path"], unique=False)
    op.create_index(op.f("ix_objection_object_id"), "objection", ["object_id"], unique=False)
    op.create_index(op.f("ix_objection_org_id"), "objection", ["org_id"], unique=False)
    op.create_index(op.f("ix_objection_org_path"), "objection", ["org_path"], unique=False)
    op.create_index(op.f("ix_objection_state"), "objection", ["state"], unique=False)
    op.create_table(
        "organisation_change",
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('planned','applied','cancelled','failed')", name=op.f("ck_organisation_change_state")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_change_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_change")),
    )
    op.create_index(op.f("ix_organisation_change_effective_on"), "organisation_change", ["effective_on"], unique=False)
    op.create_index(
        op.f("ix_organisation_change_organisation_id"), "organisation_change", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_organisation_change_state"), "organisation_change", ["state"], unique=False)
    op.create_table(
        "organisation_version",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_version_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_version")),
    )
    op.create_index(
        op.f("ix_organisation_version_organisation_id"), "organisation_version", ["organisation_id"], unique=False
    )
    op.create_table(
        "person",
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("digest_key", sa.LargeBinary(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_person_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_person_org_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_index(op.f("ix_person_area_path"), "person", ["area_path"], unique=False)
    op.create_index(op.f("ix_person_org_id"), "person", ["org_id"], unique=False)
    op.create_index(op.f("ix_person_org_path"), "person", ["org_path"], unique=False)
    op.create_table(
        "satisfaction",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("satisfied", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_satisfaction_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_satisfaction_org_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_satisfaction")),
    )
    op.create_index(op.f("ix_satisfaction_area_path"), "satisfaction", ["area_path"], unique=False)
    op.create_index(op.f("ix_satisfaction_org_id"), "satisfaction", ["org_id"], unique=False)
    op.create_index(op.f("ix_satisfaction_org_path"), "satisfaction", ["org_path"], unique=False)
    op.create_table(
        "target",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=True),
        sa.Column("circle", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("figure_key", postgresql.JSONB(), nullable=True),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("baseline", sa.Double(), nullable=True),
        sa.Column("baseline_run", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_target_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_target_org_id_organisation")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_target_programme_id_programme")),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name=op.f("fk_target_stage_id_stage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
    )
    op.create_index(op.f("ix_target_area_path"), "target", ["area_path"], unique=False)
    op.create_index(op.f("ix_target_org_id"), "target", ["org_id"], unique=False)
    op.create_index(op.f("ix_target_org_path"), "target", ["org_path"], unique=False)
    op.create_index(op.f("ix_target_programme_id"), "target", ["programme_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_token_token_digest")),
    )
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"], unique=False)
    op.create_table(
        "appraisal_score",
        sa.Column("appraisal_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("corrected_from", sa.Double(), nullable=True),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("effective_weight", sa.Double(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("objection_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraisal_id"], ["appraisal.id"], name=op.f("fk_appraisal_score_appraisal_id_appraisal")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_appraisal_score_area_code_area")),
        sa.ForeignKeyConstraint(
            ["objection_id"], ["objection.id"], name=op.f("fk_appraisal_score_objection_id_objection")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_appraisal_score_org_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_score")),
        sa.UniqueConstraint("appraisal_id", "org_id", "item", name=op.f("uq_appraisal_score_appraisal_id_org_id_item")),
    )
    op.create_index(op.f("ix_appraisal_score_appraisal_id"), "appraisal_score", ["appraisal_id"], unique=False)
    op.create_index(op.f("ix_appraisal_score_area_path"), "appraisal_score", ["area_path"], unique=False)
    op.create_index(op.f("ix_appraisal_score_org_id"), "appraisal_score", ["org_id"], unique=False)
    op.create_index(op.f("ix_appraisal_score_org_path"), "appraisal_score", ["org_path"], unique=False)
    op.create_table(
        "comment",
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_comment_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_comment_org_id_organisation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_comment_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_area_path"), "comment", ["area_path"], unique=False)
    op.create_index(op.f("ix_comment_object_id"), "comment", ["object_id"], unique=False)
    op.create_index(op.f("ix_comment_org_id"), "comment", ["org_id"], unique=False)
    op.create_index(op.f("ix_comment_org_path"), "comment", ["org_path"], unique=False)
    op.create_table(
        "credential",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery_hashes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "dispatch_sheet",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("replies", postgresql.JSONB(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filled_by", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("written", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_dispatch_sheet_area_code_area")),
        sa.ForeignKeyConstraint(["filled_by"], ["person.id"], name=op.f("fk_dispatch_sheet_filled_by_person")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_dispatch_sheet_org_id_organisation")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["dispatch_round.id"], name=op.f("fk_dispatch_sheet_round_id_dispatch_round")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_sheet")),
        sa.UniqueConstraint("round_id", "org_id", name=op.f("uq_dispatch_sheet_round_id_org_id")),
    )
    op.create_index(op.f("ix_dispatch_sheet_area_path"), "dispatch_sheet", ["area_path"], unique=False)
    op.create_index(op.f("ix_dispatch_sheet_org_id"), "dispatch_sheet", ["org_id"], unique=False)
    op.create_index(op.f("ix_dispatch_sheet_org_path"), "dispatch_sheet", ["org_path"], unique=False)
    op.create_index(op.f("ix_dispatch_sheet_round_id"), "dispatch_sheet", ["round_id"], unique=False)
    op.create_index(op.f("ix_dispatch_sheet_state"), "dispatch_sheet", ["state"], unique=False)
    op.create_table(
        "external_identity",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_external_identity_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_external_identity_person_id"), "external_identity", ["person_id"], unique=False)
    op.create_table(
        "file_stored",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_file_stored_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_file_stored_org_id_organisation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_file_stored_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_stored")),
    )
    op.create_index(op.f("ix_file_stored_area_path"), "file_stored", ["area_path"], unique=False)
    op.create_index(op.f("ix_file_stored_object_id"), "file_stored", ["object_id"], unique=False)
    op.create_index(op.f("ix_file_stored_org_id"), "file_stored", ["org_id"], unique=False)
    op.create_index(op.f("ix_file_stored_org_path"), "file_stored", ["org_path"], unique=False)
    op.create_index(op.f("ix_file_stored_sha256"), "file_stored", ["sha256"], unique=False)
    op.create_table(
        "grid_team_member",
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_grid_team_member_person_id_person")),
        sa.ForeignKeyConstraint(["team_id"], ["grid_team.id"], name=op.f("fk_grid_team_member_team_id_grid_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_team_member")),
        sa.UniqueConstraint("team_id", "person_id", "post", name=op.f("uq_grid_team_member_team_id_person_id_post")),
    )
    op.create_index(op.f("ix_grid_team_member_team_id"), "grid_team_member", ["team_id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("from_person_id", sa.BigInteger(), nullable=False),
        sa.Column("to_person_id", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_handover_area_code_area")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_handover_from_person_id_person")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_handover_org_id_organisation")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_handover_to_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_area_path"), "handover", ["area_path"], unique=False)
    op.create_index(op.f("ix_handover_org_id"), "handover", ["org_id"], unique=False)
    op.create_index(op.f("ix_handover_org_path"), "handover", ["org_path"], unique=False)
    op.create_table(
        "measurement",
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=True),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_measurement_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_measurement_org_id_organisation")),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_measurement_target_id_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
        sa.UniqueConstraint("target_id", "run_id", name=op.f("uq_measurement_target_id_run_id")),
    )
    op.create_index(op.f("ix_measurement_area_path"), "measurement", ["area_path"], unique=False)
    op.create_index(op.f("ix_measurement_org_id"), "measurement", ["org_id"], unique=False)
    op.create_index(op.f("ix_measurement_org_path"), "measurement", ["org_path"], unique=False)
    op.create_index(op.f("ix_measurement_target_id"), "measurement", ["target_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_notice_person_id_key")),
    )
    op.create_index(op.f("ix_notice_person_id"), "notice", ["person_id"], unique=False)
    op.create_table(
        "notice_preference",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("muted", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_preference_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_preference")),
    )
    op.create_table(
        "pilot",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("life_circle", sa.Text(), nullable=False),
        sa.Column("communities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("light", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("sheet", postgresql.JSONB(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("grade_details", postgresql.JSONB(), nullable=True),
        sa.Column("nominated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("commerce_grade", sa.Text(), nullable=True),
        sa.Column("commerce_details", postgresql.JSONB(), nullable=True),
        sa.Column("responsible_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_pilot_area_code_area")),
        sa.ForeignKeyConstraint(["life_circle"], ["area.code"], name=op.f("fk_pilot_life_circle_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_pilot_org_id_organisation")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_pilot_programme_id_programme")),
        sa.ForeignKeyConstraint(["responsible_id"], ["person.id"], name=op.f("fk_pilot_responsible_id_person")),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name=op.f("fk_pilot_stage_id_stage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pilot")),
        sa.UniqueConstraint("programme_id", "code", name=op.f("uq_pilot_programme_id_code")),
    )
    op.create_index(op.f("ix_pilot_area_path"), "pilot", ["area_path"], unique=False)
    op.create_index(op.f("ix_pilot_life_circle"), "pilot", ["life_circle"], unique=False)
    op.create_index(op.f("ix_pilot_org_id"), "pilot", ["org_id"], unique=False)
    op.create_index(op.f("ix_pilot_org_path"), "pilot", ["org_path"], unique=False)
    op.create_index(op.f("ix_pilot_programme_id"), "pilot", ["programme_id"], unique=False)
    op.create_index(op.f("ix_pilot_state"), "pilot", ["state"], unique=False)
    op.create_table(
        "post",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("is_contact", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_post_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_post_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
    )
    op.create_index(op.f("ix_post_organisation_id"), "post", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_post_person_id"), "post", ["person_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.Column("delegation_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_role_grant_area_code_area")),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name=op.f("fk_role_grant_granted_by_person")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_role_grant_org_id_organisation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_area_path"), "role_grant", ["area_path"], unique=False)
    op.create_index(op.f("ix_role_grant_delegation_id"), "role_grant", ["delegation_id"], unique=False)
    op.create_index(op.f("ix_role_grant_org_id"), "role_grant", ["org_id"], unique=False)
    op.create_index(op.f("ix_role_grant_org_path"), "role_grant", ["org_path"], unique=False)
    op.create_index(op.f("ix_role_grant_person_id"), "role_grant", ["person_id"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_person_id"), "saved_view", ["person_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_session_token_digest")),
    )
    op.create_index(op.f("ix_sign_in_session_person_id"), "sign_in_session", ["person_id"], unique=False)
    op.create_table(
        "step_taken",
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_org_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_org_id"], ["organisation.id"], name=op.f("fk_step_taken_actor_org_id_organisation")
        ),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_step_taken_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_step_taken_org_id_organisation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_step_taken_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_taken")),
    )
    op.create_index(op.f("ix_step_taken_area_path"), "step_taken", ["area_path"], unique=False)
    op.create_index(op.f("ix_step_taken_object_id"), "step_taken", ["object_id"], unique=False)
    op.create_index(op.f("ix_step_taken_org_id"), "step_taken", ["org_id"], unique=False)
    op.create_index(op.f("ix_step_taken_org_path"), "step_taken", ["org_path"], unique=False)
    op.create_table(
        "application",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("pilot_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_application_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_application_org_id_organisation")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_application_pilot_id_pilot")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_application_programme_id_programme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_index(op.f("ix_application_area_path"), "application", ["area_path"], unique=False)
    op.create_index(op.f("ix_application_org_id"), "application", ["org_id"], unique=False)
    op.create_index(op.f("ix_application_org_path"), "application", ["org_path"], unique=False)
    op.create_index(op.f("ix_application_programme_id"), "application", ["programme_id"], unique=False)
    op.create_index(op.f("ix_application_state"), "application", ["state"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("from_person_id", sa.BigInteger(), nullable=False),
        sa.Column("to_person_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_delegation_order")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_delegation_area_code_area")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_delegation_from_person_id_person")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_delegation_grant_id_role_grant")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_delegation_org_id_organisation")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_delegation_to_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_area_path"), "delegation", ["area_path"], unique=False)
    op.create_index(op.f("ix_delegation_from_person_id"), "delegation", ["from_person_id"], unique=False)
    op.create_index(op.f("ix_delegation_org_id"), "delegation", ["org_id"], unique=False)
    op.create_index(op.f("ix_delegation_org_path"), "delegation", ["org_path"], unique=False)
    op.create_index(op.f("ix_delegation_to_person_id"), "delegation", ["to_person_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_delivery_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("channel", "key", name=op.f("uq_delivery_channel_key")),
    )
    op.create_index(op.f("ix_delivery_notice_id"), "delivery", ["notice_id"], unique=False)
    op.create_index(op.f("ix_delivery_state"), "delivery", ["state"], unique=False)
    op.create_table(
        "experience",
        sa.Column("pilot_id", sa.BigInteger(), nullable=True),
        sa.Column("circle", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_experience_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_experience_org_id_organisation")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_experience_pilot_id_pilot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experience")),
    )
    op.create_index(op.f("ix_experience_area_path"), "experience", ["area_path"], unique=False)
    op.create_index(op.f("ix_experience_org_id"), "experience", ["org_id"], unique=False)
    op.create_index(op.f("ix_experience_org_path"), "experience", ["org_path"], unique=False)
    op.create_table(
        "inspection",
        sa.Column("pilot_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_inspection_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_inspection_org_id_organisation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inspection_person_id_person")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_inspection_pilot_id_pilot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    op.create_index(op.f("ix_inspection_area_path"), "inspection", ["area_path"], unique=False)
    op.create_index(op.f("ix_inspection_org_id"), "inspection", ["org_id"], unique=False)
    op.create_index(op.f("ix_inspection_org_path"), "inspection", ["org_path"], unique=False)
    op.create_index(op.f("ix_inspection_pilot_id"), "inspection", ["pilot_id"], unique=False)
    op.create_table(
        "project",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("pilot_id", sa.BigInteger(), nullable=True),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("circle", sa.Text(), nullable=True),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("shortfall_id", sa.Text(), nullable=True),
        sa.Column("shortfall", postgresql.JSONB(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.Double(), nullable=True),
        sa.Column("scale_unit", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("expected_people", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_project_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_project_org_id_organisation")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_project_pilot_id_pilot")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_project_programme_id_programme")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["organisation.id"], name=op.f("fk_project_proposed_by_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("programme_id", "code", name=op.f("uq_project_programme_id_code")),
    )
    op.create_index(op.f("ix_project_area_path"), "project", ["area_path"], unique=False)
    op.create_index(op.f("ix_project_org_id"), "project", ["org_id"], unique=False)
    op.create_index(op.f("ix_project_org_path"), "project", ["org_path"], unique=False)
    op.create_index(op.f("ix_project_pilot_id"), "project", ["pilot_id"], unique=False)
    op.create_index(op.f("ix_project_programme_id"), "project", ["programme_id"], unique=False)
    op.create_index(op.f("ix_project_shortfall_id"), "project", ["shortfall_id"], unique=False)
    op.create_index(op.f("ix_project_state"), "project", ["state"], unique=False)
    op.create_table(
        "promise",
        sa.Column("pilot_id", sa.BigInteger(), nullable=False),
        sa.Column("figure_key", postgresql.JSONB(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("before", sa.Double(), nullable=True),
        sa.Column("before_run", sa.Text(), nullable=True),
        sa.Column("promised", sa.Double(), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("measured", sa.Double(), nullable=True),
        sa.Column("measured_run", sa.Text(), nullable=True),
        sa.Column("measured_status", sa.Text(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_promise_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_promise_org_id_organisation")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_promise_pilot_id_pilot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index(op.f("ix_promise_area_path"), "promise", ["area_path"], unique=False)
    op.create_index(op.f("ix_promise_org_id"), "promise", ["org_id"], unique=False)
    op.create_index(op.f("ix_promise_org_path"), "promise", ["org_path"], unique=False)
    op.create_index(op.f("ix_promise_pilot_id"), "promise", ["pilot_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("circle", sa.Text(), nullable=True),
        sa.Column("pilot_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("light", sa.Text(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_submission_area_code_area")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["organisation.id"], name=op.f("fk_submission_asked_by_id_organisation")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_submission_org_id_organisation")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_submission_pilot_id_pilot")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_submission_programme_id_programme")),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name=op.f("fk_submission_stage_id_stage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_area_path"), "submission", ["area_path"], unique=False)
    op.create_index(op.f("ix_submission_code"), "submission", ["code"], unique=False)
    op.create_index(op.f("ix_submission_org_id"), "submission", ["org_id"], unique=False)
    op.create_index(op.f("ix_submission_org_path"), "submission", ["org_path"], unique=False)
    op.create_index(op.f("ix_submission_programme_id"), "submission", ["programme_id"], unique=False)
    op.create_index(op.f("ix_submission_state"), "submission", ["state"], unique=False)
    op.create_table(
        "task",
        sa.Column("programme_id", sa.BigInteger(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("circle", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("issuer_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("progress_note", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("light", sa.Text(), nullable=False),
        sa.Column("light_reason", sa.Text(), nullable=False),
        sa.Column("escalated_to", sa.Text(), nullable=True),
        sa.Column("shortfall_id", sa.Text(), nullable=True),
        sa.Column("shortfall", postgresql.JSONB(), nullable=True),
        sa.Column("pilot_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ledger_key", sa.Text(), nullable=True),
        sa.Column("progress_by_hand", sa.Boolean(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.CheckConstraint("progress between 0 and 100", name=op.f("ck_task_progress")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_task_area_code_area")),
        sa.ForeignKeyConstraint(["assignee_id"], ["person.id"], name=op.f("fk_task_assignee_id_person")),
        sa.ForeignKeyConstraint(["issuer_id"], ["organisation.id"], name=op.f("fk_task_issuer_id_organisation")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_task_org_id_organisation")),
        sa.ForeignKeyConstraint(["parent_id"], ["task.id"], name=op.f("fk_task_parent_id_task")),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_task_pilot_id_pilot")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_task_programme_id_programme")),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name=op.f("fk_task_stage_id_stage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("programme_id", "code", name=op.f("uq_task_programme_id_code")),
    )
    op.create_index(op.f("ix_task_area_path"), "task", ["area_path"], unique=False)
    op.create_index(
        "ix_task_area_prefix", "task", ["area_path"], unique=False, postgresql_ops={"area_path": "text_pattern_ops"}
    )
    op.create_index(op.f("ix_task_assignee_id"), "task", ["assignee_id"], unique=False)
    op.create_index("ix_task_by_update", "task", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_task_circle"), "task", ["circle"], unique=False)
    op.create_index(op.f("ix_task_due_on"), "task", ["due_on"], unique=False)
    op.create_index(op.f("ix_task_issuer_id"), "task", ["issuer_id"], unique=False)
    op.create_index(op.f("ix_task_ledger_key"), "task", ["ledger_key"], unique=False)
    op.create_index(op.f("ix_task_light"), "task", ["light"], unique=False)
    op.create_index(op.f("ix_task_org_id"), "task", ["org_id"], unique=False)
    op.create_index(op.f("ix_task_org_path"), "task", ["org_path"], unique=False)
    op.create_index(
        "ix_task_org_prefix", "task", ["org_path"], unique=False, postgresql_ops={"org_path": "text_pattern_ops"}
    )
    op.create_index(op.f("ix_task_parent_id"), "task", ["parent_id"], unique=False)
    op.create_index(op.f("ix_task_pilot_id"), "task", ["pilot_id"], unique=False)
    op.create_index(op.f("ix_task_programme_id"), "task", ["programme_id"], unique=False)
    op.create_index(op.f("ix_task_project_id"), "task", ["project_id"], unique=False)
    op.create_index(op.f("ix_task_shortfall_id"), "task", ["shortfall_id"], unique=False)
    op.create_index(op.f("ix_task_state"), "task", ["state"], unique=False)
    op.create_table(
        "edition",
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("files", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_edition_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_edition_org_id_organisation")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_edition_person_id_person")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_edition_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_edition_submission_id_number")),
    )
    op.create_index(op.f("ix_edition_area_path"), "edition", ["area_path"], unique=False)
    op.create_index(op.f("ix_edition_org_id"), "edition", ["org_id"], unique=False)
    op.create_index(op.f("ix_edition_org_path"), "edition", ["org_path"], unique=False)
    op.create_index(op.f("ix_edition_submission_id"), "edition", ["submission_id"], unique=False)
    op.create_table(
        "money",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("planned", sa.Double(), nullable=False),
        sa.Column("paid", sa.Double(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.CheckConstraint("planned >= 0 and paid >= 0", name=op.f("ck_money_positive")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_money_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_money_org_id_organisation")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_money_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money")),
    )
    op.create_index(op.f("ix_money_area_path"), "money", ["area_path"], unique=False)
    op.create_index(op.f("ix_money_org_id"), "money", ["org_id"], unique=False)
    op.create_index(op.f("ix_money_org_path"), "money", ["org_path"], unique=False)
    op.create_index(op.f("ix_money_project_id"), "money", ["project_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("from_kind", sa.Text(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_offer_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_offer_org_id_organisation")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_offer_project_id_project")),
        sa.ForeignKeyConstraint(
            ["registered_by_id"], ["organisation.id"], name=op.f("fk_offer_registered_by_id_organisation")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_offer_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(op.f("ix_offer_area_path"), "offer", ["area_path"], unique=False)
    op.create_index(op.f("ix_offer_org_id"), "offer", ["org_id"], unique=False)
    op.create_index(op.f("ix_offer_org_path"), "offer", ["org_path"], unique=False)
    op.create_index(op.f("ix_offer_state"), "offer", ["state"], unique=False)
    op.create_table(
        "site_use",
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("used_m2", sa.Double(), nullable=True),
        sa.Column("used_from", sa.Date(), nullable=True),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_site_use_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_site_use_org_id_organisation")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_site_use_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_use")),
    )
    op.create_index(op.f("ix_site_use_area_path"), "site_use", ["area_path"], unique=False)
    op.create_index(op.f("ix_site_use_org_id"), "site_use", ["org_id"], unique=False)
    op.create_index(op.f("ix_site_use_org_path"), "site_use", ["org_path"], unique=False)
    op.create_index(op.f("ix_site_use_project_id"), "site_use", ["project_id"], unique=False)
    op.create_table(
        "task_dependency",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("needs_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("task_id <> needs_id", name=op.f("ck_task_dependency_self")),
        sa.ForeignKeyConstraint(["needs_id"], ["task.id"], name=op.f("fk_task_dependency_needs_id_task")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_dependency_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_dependency")),
        sa.UniqueConstraint("task_id", "needs_id", name=op.f("uq_task_dependency_task_id_needs_id")),
    )
    op.create_index(op.f("ix_task_dependency_needs_id"), "task_dependency", ["needs_id"], unique=False)
    op.create_index(op.f("ix_task_dependency_task_id"), "task_dependency", ["task_id"], unique=False)
    op.create_table(
        "task_unit",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("duty in ('lead','joint')", name=op.f("ck_task_unit_duty")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_task_unit_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_unit_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_unit")),
        sa.UniqueConstraint("task_id", "organisation_id", name=op.f("uq_task_unit_task_id_organisation_id")),
    )
    op.create_index(op.f("ix_task_unit_organisation_id"), "task_unit", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_task_unit_task_id"), "task_unit", ["task_id"], unique=False)
    op.create_table(
        "verification",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("shortfall_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("measured", postgresql.JSONB(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.BigInteger(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("object_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_path", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("org_path", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_verification_area_code_area")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_verification_org_id_organisation")),
        sa.ForeignKeyConstraint(["signed_by"], ["person.id"], name=op.f("fk_verification_signed_by_person")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_verification_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_index(op.f("ix_verification_area_path"), "verification", ["area_path"], unique=False)
    op.create_index(op.f("ix_verification_org_id"), "verification", ["org_id"], unique=False)
    op.create_index(op.f("ix_verification_org_path"), "verification", ["org_path"], unique=False)
    op.create_index(op.f("ix_verification_state"), "verification", ["state"], unique=False)
    op.create_index(op.f("ix_verification_task_id"), "verification", ["task_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_role_grant_delegation_id_delegation"),
        "role_grant",
        "delegation",
        ["delegation_id"],
        ["id"],
        use_alter=True,
    )
    op.create_foreign_key(op.f("fk_task_project_id_project"), "task", "project", ["project_id"], ["id"], use_alter=True)
    op.execute("CREATE INDEX ix_task_by_due ON task (coalesce(due_on, 'infinity'::date), id)")
    op.execute("CREATE INDEX ix_task_search ON task USING gin ((title || ' ' || measure || ' ' || code) gin_trgm_ops)")
    op.execute(_GUARD)
    op.execute(_HEAD)
