/**
 * The floor of starting: CPython initialised by five raw functions, and nothing else.
 * @module
 */

import type { NativeFunction } from "../src/ffi/backend.ts";
import { backend } from "../src/ffi/select.ts";

/** PyConfig is smaller in every version; PyStatus is 32 bytes. */
const CONFIG_SIZE = 8192;
const STATUS_SIZE = 32;

/** Opens libpython and initialises it as the executable would. */
export function initialise(
  { library, executable }: { library: string; executable: string | null },
): void {
  const functions = backend.open(library).bind({
    PyConfig_InitPythonConfig: { signature: "p:v" },
    PyConfig_SetBytesArgv: { signature: "pzp:s" },
    Py_InitializeFromConfig: { signature: "p:s" },
    PyConfig_Clear: { signature: "p:v" },
    PyRun_SimpleString: { signature: "b:i" },
  }) as Record<string, NativeFunction>;
  const config = backend.allocate(CONFIG_SIZE);
  const status = backend.allocate(STATUS_SIZE);
  const program = new TextEncoder().encode((executable ?? "python3") + "\0");
  const name = backend.allocate(program.length);
  name.bytes.set(program);
  const argv = backend.allocate(8);
  argv.setPointer(0, name.address);
  functions.PyConfig_InitPythonConfig!(config.address);
  functions.PyConfig_SetBytesArgv!(status, config.address, backend.size(1), argv.address);
  functions.Py_InitializeFromConfig!(status, config.address);
  functions.PyConfig_Clear!(config.address);
  if (status.u32[0] !== 0) throw new Error("Python did not start");
  if (functions.PyRun_SimpleString!(new TextEncoder().encode("1 + 1\0")) !== 0) {
    throw new Error("Python did not run");
  }
}

/** Opens libpython and gives what binds 24 of its symbols. */
export function bindMany({ library }: { library: string }): () => unknown {
  const opened = backend.open(library);
  const types = ["Long", "Float", "Unicode", "Bytes", "List", "Tuple", "Dict", "Set"];
  const table = ["PyObject_Size", "PyObject_Length", ...types.map((type) => `Py${type}_Type`)]
    .concat(["Repr", "Str", "ASCII", "Bytes", "Hash", "IsTrue", "Not"].map((n) => `PyObject_${n}`))
    .concat(
      ["Add", "Subtract", "Multiply", "Negative", "Positive", "Absolute", "Invert"].map((n) =>
        `PyNumber_${n}`
      ),
    )
    .map((name) => [name, { signature: "p:p" }]);
  return () => opened.bind(Object.fromEntries(table));
}
