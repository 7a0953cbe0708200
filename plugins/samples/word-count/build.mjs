// Builds the component: `node build.mjs [OUT.wasm]`.
//
// The library is called, not its command line, since features are switched off here: with random, clocks, stdio or http
// the component would import WASI, which Jobwright does not have.

import { componentize } from "@bytecodealliance/componentize-js";
import { writeFile } from "node:fs/promises";

const { component } = await componentize({
  sourcePath: "src/plugin.js",
  witPath: "wit",
  worldName: "word-count",
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await writeFile(process.argv[2] ?? "word-count.wasm", component);
