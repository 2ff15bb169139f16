/**
 * The program of a worker that `py.worker()` starts: it imports a module and calls what that exports.
 * Plain JavaScript, so that it is the same file in the sources and in the package.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";

const { specifier, library } = workerData;
const loading = import(specifier);
loading.catch(() => {}); // each call says it

parentPort.on("message", async ({ id, name, args }) => {
  if (name === null) return end();
  let answer;
  try {
    answer = { id, value: await (await functionOf(name))(...args) };
  } catch (error) {
    answer = { id, error: describe(error) };
  }
  try {
    parentPort.postMessage(answer);
  } catch (error) { // a result that cannot be cloned
    const message = `the result of ${name}() cannot be sent to another thread: ${error.message}`;
    parentPort.postMessage({ id, error: { name: "DataCloneError", message, stack: error.stack } });
  }
});

async function functionOf(name) {
  const module = await loading;
  if (Object.hasOwn(module, name) && typeof module[name] === "function") return module[name];
  const names = Object.keys(module).filter((key) => typeof module[key] === "function");
  const there = names.length > 0 ? `it exports ${names.join(", ")}` : "it exports no function";
  throw new TypeError(`${specifier} exports no function "${name}"; ${there}`);
}

/** What of an error can be sent, and is the same for one of Python's; anything else that was thrown is sent itself. */
function describe(error) {
  if (typeof error?.message !== "string") return { thrown: error };
  const text = (key) => typeof error[key] === "string" ? { [key]: error[key] } : {};
  return Object.assign({}, ...["name", "message", "stack", "type", "traceback"].map(text));
}

/** Gives back what this thread has of Python, then ends. */
async function end() {
  try {
    const { startPython } = await import(library);
    await loading;
    startPython().close();
  } catch {
    // The module could not be imported, or closed Python itself.
  }
  parentPort.postMessage({ id: 0 });
  parentPort.close();
}
