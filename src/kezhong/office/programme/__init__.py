"""The programme: templates, stages, targets, submissions, pilots, projects, money, sites, offers, notes."""

from __future__ import annotations

from kezhong.office.programme.create import Created, create_programme
from kezhong.office.programme.template import Template, load_template, parse_template, template_ids

__all__ = ["Created", "Template", "create_programme", "load_template", "parse_template", "template_ids"]
