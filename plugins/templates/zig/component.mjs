// Makes a component of a core module: `node component.mjs WIT_FOLDER WORLD CORE.wasm OUT.wasm`.

import { readFile, writeFile } from "node:fs/promises";
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const [wit, world, core, out] = process.argv.slice(2);

// As one text, for the tool reads no folders: the contract goes into braces behind the world.
const contract = await readFile(`${wit}/deps/jobwright-plugin/plugin.wit`, "utf8");
const nested = contract.replace(/^(package [^;]+);/m, "$1 {") + "}\n";
const witSource = (await readFile(`${wit}/world.wit`, "utf8")) + nested;

const binary = await componentEmbed({ binary: await readFile(core), witSource, world });
await writeFile(out, await componentNew(binary));
