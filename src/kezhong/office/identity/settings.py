"""How sign-in is set (``office/data/sign_in.yaml``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """Parameters of passwords, lock-out, rates, sessions, tokens and delegations."""

    time_cost: int
    memory_kib: int
    parallelism: int
    min_length: int
    max_length: int
    lock_after: int
    lock_first: timedelta
    lock_factor: int
    lock_longest: timedelta
    forget_after: timedelta
    window: timedelta
    per_address: int
    per_account: int
    idle: timedelta
    longest: timedelta
    token_longest: timedelta
    recovery_codes: int
    delegation_longest: timedelta


@cache
def sign_in_settings() -> SignInSettings:
    """The settings as shipped."""
    text = resources.files("kezhong.office").joinpath("data/sign_in.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    password, lock, rate, session = data["password"], data["lockout"], data["rate"], data["session"]
    return SignInSettings(
        time_cost=password["time_cost"],
        memory_kib=password["memory_kib"],
        parallelism=password["parallelism"],
        min_length=password["min_length"],
        max_length=password["max_length"],
        lock_after=lock["failures"],
        lock_first=timedelta(seconds=lock["first"]),
        lock_factor=lock["factor"],
        lock_longest=timedelta(seconds=lock["longest"]),
        forget_after=timedelta(seconds=lock["forget_after"]),
        window=timedelta(seconds=rate["window"]),
        per_address=rate["per_address"],
        per_account=rate["per_account"],
        idle=timedelta(seconds=session["idle"]),
        longest=timedelta(seconds=session["longest"]),
        token_longest=timedelta(days=data["token"]["longest_days"]),
        recovery_codes=data["recovery_codes"],
        delegation_longest=timedelta(days=data["delegation"]["longest_days"]),
    )
