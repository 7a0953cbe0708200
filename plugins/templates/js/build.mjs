// Builds the component: `node build.mjs [OUT.wasm]`.
//
// The library is called, not its command line, since features are switched off here: with random, clocks, stdio or http
// the component would import WASI, which Jobwright does not have.

import { componentize } from "@bytecodealliance/componentize-js";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const out = process.argv[2] ?? "build/component.wasm";
const { component } = await componentize({
  sourcePath: "src/plugin.js",
  witPath: "wit",
  worldName: "guest",
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await mkdir(dirname(out), { recursive: true });
await writeFile(out, component);
