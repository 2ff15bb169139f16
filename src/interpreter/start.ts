/**
 * Starting CPython in this process, once, whichever thread asks first.
 * @module
 */

import type { Memory, Pointer } from "../ffi/backend.ts";
import { backend, system } from "../ffi/select.ts";
import type { Candidate } from "../capi/locate.ts";
import type { PythonLibrary } from "../capi/library.ts";
import { PythonStartError } from "../errors.ts";

/** `"<process id> <library path>"` while Python runs: how a further JS thread finds it. */
const RUNNING = "PYDUET_RUNNING";

/**
 * PyConfig is about 450 bytes and grows by version; this is ample. Its
 * `install_signal_handlers` has stood at 16 since 3.8 (cpython/initconfig.h).
 */
const CONFIG_SIZE = 8192;
const SIGNAL_HANDLERS_AT = 16;

/** PyStatus: type at 0 (0 is success, 2 a wish to exit), message at 16. */
const STATUS_SIZE = 32;

/** The library that runs in this process, if one does. */
export function runningLibrary(): string | null {
  const [pid, ...path] = (system.variable(RUNNING) ?? "").split(" ");
  return pid === String(system.pid) ? path.join(" ") : null;
}

/**
 * Initialises CPython if no thread has. On return this thread holds the GIL.
 * The result tells whether this call initialised it.
 */
export function startOrAttach(
  library: PythonLibrary,
  candidate: Candidate,
  args: readonly string[],
): boolean {
  return exclusively(library, () => {
    if (library.thread.Py_IsInitialized()) {
      // SAFETY: an initialised interpreter; the state made here is this thread's until it ends.
      library.thread.PyGILState_Ensure();
      return false;
    }
    if (backend.structResults && library.start.PyConfig_SetBytesArgv) {
      initialiseFromArguments(library, candidate, args);
    } else {
      initialiseByName(library, candidate, args);
    }
    system.setVariable(RUNNING, `${system.pid} ${library.path}`);
    return true;
  });
}

/** As `python args…` would, by PyConfig: all interpreter options are understood. */
function initialiseFromArguments(
  library: PythonLibrary,
  candidate: Candidate,
  args: readonly string[],
): void {
  const { PyConfig_InitPythonConfig, PyConfig_SetBytesArgv, Py_InitializeFromConfig } =
    library.start;
  setHome(library, candidate);
  const config = backend.allocate(CONFIG_SIZE);
  const status = backend.allocate(STATUS_SIZE);
  PyConfig_InitPythonConfig!(config.address);
  config.bytes.fill(0, SIGNAL_HANDLERS_AT, SIGNAL_HANDLERS_AT + 4);
  const strings = [candidate.executable ?? "", ...args].map(cString);
  const array = backend.allocate(strings.length * 8);
  strings.forEach((text, i) => array.setPointer(i, text.address));
  PyConfig_SetBytesArgv!(status, config.address, backend.size(strings.length), array.address);
  throwStatus(library, status, candidate, args);
  Py_InitializeFromConfig!(status, config.address);
  throwStatus(library, status, candidate, args);
  library.start.PyConfig_Clear!(config.address);
}

/**
 * Where a struct cannot be returned (Bun on arm64): the setters of before PyConfig.
 * They know no interpreter options.
 */
function initialiseByName(
  library: PythonLibrary,
  candidate: Candidate,
  args: readonly string[],
): void {
  if (args.length > 0) {
    throw new PythonStartError(
      `args ${JSON.stringify(args)} cannot be given to Python on this runtime and CPU; ` +
        `use the PYTHON* environment variables instead`,
    );
  }
  const { Py_SetProgramName, Py_InitializeEx } = library.start;
  setHome(library, candidate);
  if (candidate.executable !== null) Py_SetProgramName?.(wide(library, candidate.executable));
  Py_InitializeEx(0);
}

/** Only where no executable tells Python its home. */
function setHome(library: PythonLibrary, candidate: Candidate): void {
  if (candidate.executable === null && candidate.home !== null) {
    library.start.Py_SetPythonHome?.(wide(library, candidate.home));
  }
}

/** A wide string that is never freed: CPython keeps the pointer. */
function wide(library: PythonLibrary, text: string): Pointer {
  const decoded = library.start.Py_DecodeLocale(
    new TextEncoder().encode(text + "\0"),
    backend.null,
  );
  if (!decoded) throw new PythonStartError(`"${text}" cannot be written in this locale`);
  return decoded;
}

function cString(text: string): Memory {
  const bytes = new TextEncoder().encode(text + "\0");
  const memory = backend.allocate(bytes.length);
  memory.bytes.set(bytes);
  return memory;
}

function throwStatus(
  library: PythonLibrary,
  status: Memory,
  candidate: Candidate,
  args: readonly string[],
): void {
  const type = status.u32[0];
  if (type === 0) return;
  const what = `Python of "${library.path}" (executable ${candidate.executable}) with args ` +
    JSON.stringify(args);
  if (type === 2) {
    throw new PythonStartError(`${what} ends at once: these args print something and exit`);
  }
  const message = status.getPointer(2);
  throw new PythonStartError(`${what} did not start: ${message ? library.text(message) : "?"}`);
}

/** Runs `fn` while no other thread of this process does: a folder can be made only once. */
function exclusively<T>(library: PythonLibrary, fn: () => T): T {
  const lock = `${lockFolder()}/pyduet-start-${system.pid}${life(library)}`;
  const begun = Date.now();
  // Where no folder can be made at all, or a start never ended, there is nobody to wait for.
  let made = permitted(() => system.makeFolder(lock));
  while (made === false && Date.now() - begun < LONGEST_START) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    made = system.makeFolder(lock);
  }
  try {
    return fn();
  } finally {
    if (made) system.removeFolder(lock);
  }
}

/**
 * What tells this process from an earlier one of the same number, which may have been killed while
 * it started: on Linux the place of its random bytes (getauxval(3), AT_RANDOM), which differs by process.
 */
function life(library: PythonLibrary): string {
  const { getauxval } = library.shared.bind({ getauxval: { signature: "z:p", optional: true } });
  // SAFETY: getauxval() takes a number and gives a word; it touches no memory of ours.
  const place: Pointer | undefined = getauxval?.(backend.size(AT_RANDOM));
  return place ? `-${backend.toNumber(place).toString(36)}` : "";
}

/** Of elf.h. */
const AT_RANDOM = 25;

/** A program that may not write starts Python without the lock: that alone is no reason to fail. */
function permitted<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

/** Memory where there is some: on a disk, removing the folder takes longer than everything else. */
function lockFolder(): string {
  if (permitted(() => system.stat("/dev/shm")) === "folder") return "/dev/shm";
  return system.variable("TMPDIR") ?? system.variable("TEMP") ?? "/tmp";
}

/** In milliseconds. */
const LONGEST_START = 60_000;
