"""Work that takes longer than an answer may: submit, progress, cancel. In-process now, one interface for later."""

from __future__ import annotations

from kezhong.jobs.runner import Job, JobFunction, JobRunner, JobSnapshot, JobState

__all__ = ["Job", "JobFunction", "JobRunner", "JobSnapshot", "JobState"]
