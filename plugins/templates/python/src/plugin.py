"""The plugin: a class per interface that wit/world.wit exports. `name` is the task type, `settings` a JSON text."""

import json

import greet
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import tasks
from wit_world.imports import journal
from wit_world.imports.types import Answer_Done, Failure, FailureKind, Outcome


class Tasks(exports.Tasks):
    def check(self, name, settings):
        """What the schema of the settings can't say: a list of failures."""
        return []

    def run(self, name, settings, call):
        try:
            outputs = greet.greet(json.loads(settings))
        except greet.Failed as failed:
            kind = FailureKind[failed.kind]
            raise Err(Failure(kind, failed.code, failed.message, failed.at, failed.retry_after_ms)) from failed
        journal.log(journal.Level.INFO, outputs["greeting"], "")
        return Outcome(Answer_Done(json.dumps(outputs)), [], None)

    def find(self, name, settings, call):
        """What became of an attempt whose end nobody knows."""
        return tasks.Found_Unknown()

    def cancel(self, name, settings, call):
        pass
