"""The second factor (TOTP, RFC 6238): the secret is sealed, a code counts once, recovery codes are kept as digests."""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import any_, func, literal, or_, select, update

from kezhong import clock
from kezhong.errors import ConflictError, InputError
from kezhong.office.audit.chain import keyed_digest
from kezhong.office.identity.settings import sign_in_settings
from kezhong.office.models import Credential, Person, table_of
from kezhong.office.office import Office
from kezhong.office.secrets import Secrets
from kezhong.office.session import OfficeSession

_CREDENTIAL = table_of(Credential)
_STEP = 30
#: No 0/O, 1/I/L: recovery codes are copied by hand from paper.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the page shows once: the secret as text and as a QR code (SVG)."""

    secret: str
    uri: str
    svg: str


def begin(session: OfficeSession, issuer: str) -> Enrolment:
    """Make a new secret for the caller; it counts once :func:`confirm` has seen a code of it.

    Raises
    ------
    ConflictError
        A second factor is in use: it has to be switched off first.
    """
    credential = _own(session)
    if credential.totp_confirmed_at is not None:
        raise ConflictError("identity.totp_on")
    secret = pyotp.random_base32()
    credential.totp_secret = _fernet(session.info["secrets"]).encrypt(secret.encode())
    credential.totp_last_step = None
    of_oneself = select(Person.username).where(Person.id == credential.person_id)
    label = session.scalar(of_oneself.execution_options(through_parent=True)) or str(credential.person_id)
    uri = pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=issuer)
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, border=4, xmldecl=False, svgclass=None, lineclass=None)
    return Enrolment(secret, uri, out.getvalue().decode())


def confirm(session: OfficeSession, code: str) -> list[str]:
    """Switch the second factor on with a first code; the recovery codes, which are shown this once.

    Raises
    ------
    ConflictError
        There is nothing to confirm.
    InputError
        The code is not right.
    """
    credential = _own(session)
    if credential.totp_secret is None or credential.totp_confirmed_at is not None:
        raise ConflictError("identity.totp_not_begun")
    step = _step_of(session.info["secrets"], credential.totp_secret, code)
    if step is None:
        raise InputError("identity.totp_wrong")
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(sign_in_settings().recovery_codes)]
    with session.because("totp.on"):
        credential.totp_confirmed_at = clock.now()
        credential.totp_last_step = step
        credential.recovery_hashes = [_recovery(session.info["secrets"], each) for each in codes]
    return [f"{each[:5]}-{each[5:]}" for each in codes]


def switch_off(session: OfficeSession, person_id: int) -> None:
    """Forget the second factor of a person; the caller has checked who asks."""
    credential = session.get(Credential, person_id)
    if credential is None or credential.totp_secret is None:
        return
    with session.because("totp.off"):
        credential.totp_secret = None
        credential.totp_confirmed_at = None
        credential.totp_last_step = None
        credential.recovery_hashes = []


def use_code(office: Office, person_id: int, code: str) -> bool:
    """Whether a code of the second factor, or a recovery code, is right; it is spent by this.

    The test and the spending are one UPDATE: of two requests with one code one is refused.
    """
    text = code.replace(" ", "").replace("-", "").upper()
    with office.database.app_engine.begin() as connection:
        sealed = connection.execute(
            select(_CREDENTIAL.c.totp_secret).where(
                _CREDENTIAL.c.person_id == person_id, _CREDENTIAL.c.totp_confirmed_at.is_not(None)
            )
        ).scalar()
        if sealed is None:
            return False
        own = _CREDENTIAL.c.person_id == person_id
        step = _step_of(office.secrets, sealed, text)
        if step is not None:
            last = _CREDENTIAL.c.totp_last_step
            spent = update(_CREDENTIAL).where(own, or_(last.is_(None), last < step)).values(totp_last_step=step)
        else:
            mark = literal(_recovery(office.secrets, text))
            have = _CREDENTIAL.c.recovery_hashes
            spent = (
                update(_CREDENTIAL).where(own, mark == any_(have)).values(recovery_hashes=func.array_remove(have, mark))
            )
        return bool(connection.execute(spent).rowcount == 1)


def _own(session: OfficeSession) -> Credential:
    person_id = session.actor.person_id
    credential = session.get(Credential, person_id, with_for_update=True) if person_id is not None else None
    if credential is None:
        raise ConflictError("identity.no_password")
    return credential


def _step_of(keys: Secrets, sealed: bytes, code: str) -> int | None:
    """The time step whose code this is, one step of drift either way allowed."""
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    try:
        totp = pyotp.TOTP(_fernet(keys).decrypt(sealed).decode())
    except InvalidToken:  # sealed with another key: nobody can prove anything by it
        return None
    now = int(clock.now().timestamp()) // _STEP
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def _fernet(keys: Secrets) -> Fernet:
    return Fernet(keys.seal)


def _recovery(keys: Secrets, code: str) -> str:
    return keyed_digest(keys.digest, "recovery:" + code)
