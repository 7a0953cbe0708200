import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { greet } from "./greet.js";

const examples = new URL("../examples/", import.meta.url);
for (const file of readdirSync(examples)) {
  const { settings, outputs, failure } = JSON.parse(readFileSync(new URL(file, examples)));
  test(file, () => {
    if (failure) assert.throws(() => greet(settings), (thrown) => thrown.code === failure.code);
    else assert.deepEqual(greet(settings), outputs);
  });
}
