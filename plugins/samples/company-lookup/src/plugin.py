"""The plugin: a class per interface that wit/world.wit exports, named as the interface is."""

import json

import register
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import tasks
from wit_world.imports import http, journal
from wit_world.imports.types import Answer_Done, Failure, FailureKind, Outcome

TIMEOUT_MS = 10_000


def failure(failed):
    kind = FailureKind[failed.kind.replace("-", "_").upper()]
    return Failure(kind, failed.code, failed.message, failed.at, failed.retry_after_ms)


def get(url):
    login = http.Header("authorization", http.Value_PrefixedSecret(("Bearer ", "register_key")))
    accept = http.Header("accept", http.Value_Text("application/json"))
    try:
        return http.send(http.Request("GET", url, [login, accept], b"", TIMEOUT_MS, False))
    except Err as error:
        raise unsent(error.value) from error


def unsent(problem):
    """What may pass is tried again; what is not granted needs a person."""
    name = type(problem).__name__.removeprefix("Problem_")
    words = f"the register was not reached: {name} {getattr(problem, 'value', '')}".strip()
    match problem:
        case http.Problem_NotGranted() | http.Problem_UnknownSecret():
            return register.Failed("needs-person", "register-refused", words)
        case http.Problem_Timeout() | http.Problem_Unreachable() | http.Problem_NotSent():
            return register.Failed("transient", "register-down", words)
        case _:
            return register.Failed("permanent", "register-unread", words)


class Tasks(exports.Tasks):
    def check(self, name, settings):
        try:
            register.number(json.loads(settings))
        except register.Failed as failed:
            return [failure(failed)]
        return []

    def run(self, name, settings, call):
        settings = json.loads(settings)
        try:
            answer = get(register.url(settings))
            headers = {name.lower(): value for name, value in answer.headers}
            found = register.outputs(settings, answer.status, headers, answer.body)
        except register.Failed as failed:
            raise Err(failure(failed)) from failed
        journal.log(journal.Level.INFO, f"the register knows {found['name']}", json.dumps({"status": found["status"]}))
        return Outcome(Answer_Done(json.dumps(found)), [], f"{found['name']} is {found['status']}")

    # It only asks: asking again is always safe.
    def find(self, name, settings, call):
        return tasks.Found_DidNotHappen()

    def cancel(self, name, settings, call):
        pass
