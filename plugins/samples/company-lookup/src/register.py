"""What a company register is asked, and what its answers mean. Plain Python: runs in the tests and in the component."""

import json
import re

NUMBER = re.compile(r"[0-9]{8}|[A-Z]{2}[0-9]{6}")
RETRY_AFTER_MS = 60_000


class Failed(Exception):
    """A failure as the contract has it; `kind` is one of transient, busy, permanent, needs-person."""

    def __init__(self, kind, code, message, at=None, retry_after_ms=None):
        super().__init__(message)
        self.kind, self.code, self.message, self.at, self.retry_after_ms = kind, code, message, at, retry_after_ms


def number(settings):
    """The company's number as the register writes it: without spaces, in capitals, eight long."""
    given = settings["number"]
    tidy = given.replace(" ", "").upper()
    if tidy.isdigit():
        tidy = tidy.zfill(8)
    if not NUMBER.fullmatch(tidy):
        raise Failed("permanent", "bad-number", f"`{given}` is no company number; write it as 01234567 or SC123456", "/number")
    return tidy


def url(settings):
    return f"{settings['register']}/company/{number(settings)}"


def outputs(settings, status, headers, body):
    """The task's outputs, of an answer of any status."""
    if status == 404:
        raise Failed("permanent", "no-such-company", f"the register has no company {number(settings)}", "/number")
    if status in (401, 403):
        raise Failed("needs-person", "register-refused", f"the register refused the login ({status}); renew register_key")
    if status == 429:
        wait = headers.get("retry-after", "")
        wait_ms = int(wait) * 1000 if wait.isdigit() else RETRY_AFTER_MS
        raise Failed("busy", "register-busy", "the register asks to wait", retry_after_ms=wait_ms)
    if status >= 500:
        raise Failed("transient", "register-down", f"the register is out of order ({status})")
    try:
        company = json.loads(body)
        return {"name": company["company_name"], "status": company["company_status"], "year_end": year_end(company)}
    except (KeyError, TypeError, ValueError) as error:
        raise Failed("permanent", "register-unread", f"the register's answer ({status}) has another shape: {error!r}") from error


def year_end(company):
    date = company.get("accounts", {}).get("accounting_reference_date")
    return date and f"{int(date['month']):02}-{int(date['day']):02}"
