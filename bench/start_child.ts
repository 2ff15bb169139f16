/**
 * One process of bench/start.ts, which gives it its part and the Python to use:
 *
 *     start_child.ts empty|import|floor|start|result|locate|lock|bind|interpreter|bridge|run [candidate of locate() as JSON]
 *
 * It prints the milliseconds that its part took. Nothing of the library is imported
 * before the clock runs, and only what the part needs.
 * @module
 */

import process from "node:process";

const [part, candidate] = process.argv.slice(2);

switch (part) {
  case "empty":
    break;
  case "import":
    say(await timed(() => import("../mod.ts")));
    break;
  case "floor": {
    const { initialise } = await import("./start_floor.ts");
    say(await timed(() => initialise(JSON.parse(candidate!))));
    break;
  }
  case "start": {
    const { startPython } = await import("../mod.ts");
    say(await timed(() => startPython()));
    break;
  }
  case "locate": {
    const { locate } = await import("../src/capi/locate.ts");
    say(await timed(() => locate(undefined)));
    break;
  }
  case "lock": {
    const { system } = await import("../src/ffi/select.ts");
    const folder = `${system.variable("TMPDIR") ?? "/tmp"}/pyduet-bench-${system.pid}`;
    say(
      await timed(() => {
        system.makeFolder(folder);
        system.removeFolder(folder);
      }),
    );
    break;
  }
  case "bind": {
    const { bindMany } = await import("./start_floor.ts");
    const bind = bindMany(JSON.parse(candidate!));
    say(await timed(bind));
    break;
  }
  case "interpreter":
  case "bridge": {
    const { Interpreter } = await import("../src/interpreter/interpreter.ts");
    const { createBridge } = await import("../src/objects/register.ts");
    const begin = () =>
      new Interpreter({ candidate: JSON.parse(candidate!), args: [], debug: false });
    if (part === "interpreter") say(await timed(begin));
    else {
      const interpreter = begin();
      say(await timed(() => createBridge(interpreter)));
    }
    process.exit(0);
    break;
  }
  case "run": {
    const { startPython } = await import("../mod.ts");
    const py = startPython();
    say(await timed(() => py.run("1 + 1")));
    break;
  }
  case "result": {
    const { startPython } = await import("../mod.ts");
    if (startPython().run("1 + 1") !== 2) throw new Error("1 + 1 is not 2");
    break;
  }
  default:
    throw new Error(`no part "${part}"`);
}

async function timed(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function say(milliseconds: number): void {
  console.log(JSON.stringify(milliseconds));
}
