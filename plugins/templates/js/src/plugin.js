// The plugin: one exported object per interface that wit/world.wit exports. `name` is the task type, `settings` a JSON text.

import { log } from "jobwright:plugin/journal@0.1.0";
import { greet } from "./greet.js";

export const tasks = {
  // What the schema of the settings can't say: a list of failures.
  check(name, settings) {
    return [];
  },

  run(name, settings, call) {
    const outputs = greet(JSON.parse(settings));
    log("info", outputs.greeting, "");
    return { answer: { tag: "done", val: JSON.stringify(outputs) }, effects: [], note: undefined };
  },

  // What became of an attempt whose end nobody knows.
  find(name, settings, call) {
    return { tag: "unknown" };
  },

  cancel(name, settings, call) {},
};

// What runs here runs while the component is made, and not in each call: functions and patterns are compiled by then. The
// engine can't be asked yet.
greet(JSON.parse('{ "name": "Ada" }'));
