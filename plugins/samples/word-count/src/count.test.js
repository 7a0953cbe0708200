// Runs the examples against what is counted; the component itself is called by `jobwright plugin check`.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { count, isLanguage } from "./count.js";

const examples = new URL("../examples/", import.meta.url);
for (const file of readdirSync(examples)) {
  const example = JSON.parse(readFileSync(new URL(file, examples)));
  test(file.replace(".json", "").replaceAll("-", " "), () => {
    const { text, language } = example.settings;
    if (example.failure) assert.equal(isLanguage(language), false);
    else assert.deepEqual(count(text, language), example.outputs);
  });
}
