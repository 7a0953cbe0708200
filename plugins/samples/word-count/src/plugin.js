// The plugin: one exported object per interface that wit/world.wit exports.

import { log } from "jobwright:plugin/journal@0.1.0";
import { count, isLanguage } from "./count.js";

function failure(kind, code, message, at) {
  // What is thrown must be a failure as the contract has it; anything else is a crash.
  return { kind, code, message, at, retryAfterMs: undefined };
}

export const tasks = {
  check(name, settings) {
    const { language } = JSON.parse(settings);
    if (language === undefined || isLanguage(language)) return [];
    return [failure("permanent", "bad-language", `\`${language}\` is no language; write it as de or ja-JP`, "/language")];
  },

  run(name, settings, call) {
    const wrong = tasks.check(name, settings);
    if (wrong.length > 0) throw wrong[0];
    const { text, language } = JSON.parse(settings);
    const outputs = count(text, language);
    log("info", `counted ${outputs.words} words`, JSON.stringify(outputs));
    return {
      answer: { tag: "done", val: JSON.stringify(outputs) },
      effects: [],
      note: `${outputs.words} words, ${outputs.standard_lines} standard lines`,
    };
  },

  // It does nothing to the world: running it again is always safe.
  find() {
    return { tag: "did-not-happen" };
  },

  cancel() {},
};

// Runs while the component is made, and not in each call: functions and patterns are compiled by then.
tasks.check("", '{ "language": "en" }');
JSON.stringify(count(JSON.parse('{ "text": "It is 1,000.50.\\n\\n" }').text));
count("それ", "ja");
