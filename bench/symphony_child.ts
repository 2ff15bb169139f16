/**
 * One process of bench/symphony.ts: prints the milliseconds until Python has imported Symphony's modules.
 *
 *     symphony_child.ts one|all
 * @module
 */

import process from "node:process";
import { startPython } from "../mod.ts";
import { installSymphony, symphonyIpc } from "../src/symphony/mod.ts";

const py = startPython();
py.run("1");
const began = performance.now();
if (process.argv[2] === "one") {
  py.register(symphonyIpc());
  py.run("import symphony_ipc");
} else {
  installSymphony(py);
  py.run("import symphony_ipc, symphony_pit, symphony_bridge");
}
console.log(JSON.stringify(performance.now() - began));
