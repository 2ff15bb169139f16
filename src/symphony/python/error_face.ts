/**
 * Symphony's errors as Python's exceptions.
 * @module
 */
import { type PyClass, pyClass, PythonError, raise, startPython, t } from "../../../mod.ts";
import { PortError, SymphonyError } from "../error.ts";

/** A port's operation failed: a `RuntimeError` in Python. */
export class PitError extends SymphonyError {
  /** The class's name, as printed. */
  override name = "PitError";
  /** The operation in the port's words: `"allocate_model"`. */
  readonly operation: string;

  /** Takes the port's error, which is the cause unless that has one of its own, and the text for Python. */
  constructor(error: PortError, message: string) {
    super(error.kind, message, { cause: error.cause ?? error });
    this.operation = error.operation;
  }
}

/** There is no room: a `RuntimeError` in Python. */
export class ResourceExhausted extends PitError {
  /** The class's name, as printed. */
  override name = "ResourceExhausted";
}

/** Throws one of Python's own exceptions. Python must run: it is what asks. */
export function refuse(
  kind: "KeyError" | "TypeError" | "ValueError" | "RuntimeError" | "TimeoutError",
  message: string,
): never {
  using type = startPython().builtins[kind];
  return raise(type, message);
}

/** Refuses numbers below `least`, by the names that Python has for them. What is `null` was left out. */
export function checkAtLeast(least: number, given: Readonly<Record<string, number | null>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value >= least) continue;
    refuse("ValueError", `${name} must be at least ${least}, not ${value}`);
  }
}

/** Refuses a time that is none, in seconds. */
export function checkTimeout(timeout: number | null): void {
  if (timeout === null || timeout > 0) return;
  refuse("ValueError", `timeout must be a number of seconds above 0, not ${timeout}`);
}

/** `PitError`, for the modules that raise it. */
export const PitErrorFace: PyClass<PitError> = pyClass(PitError, {
  doc: "An operation of the Pit failed.",
  bases: ["builtins.RuntimeError"],
  init: false,
  properties: {
    kind: { type: t.str, doc: "What went wrong, in one word.", readonly: true },
    operation: { type: t.str, doc: "The operation that failed.", readonly: true },
  },
});

/** `ResourceExhausted`, for the modules that raise it. */
export const ResourceExhaustedFace: PyClass<ResourceExhausted> = pyClass(ResourceExhausted, {
  doc: "The Pit has no room.",
  init: false,
});

/**
 * Does what Python asked for; what fails, at once or later, fails with the exception that Python's users expect.
 * Errors that are not Symphony's stay as they are.
 */
export function asPython<R>(work: () => R): R {
  let result: R;
  try {
    result = work();
  } catch (error) {
    throw pythonErrorOf(error);
  }
  if (result instanceof Promise) {
    return result.catch((error: unknown) => {
      throw pythonErrorOf(error);
    }) as R;
  }
  return result;
}

/** What is called otherwise in Python: options, methods, kinds of values. */
const WORDS: readonly (readonly [string, string])[] = [
  ["deleteVersions() forgets those", "delete_versions() forgets those"],
  ["open it with { repair: true }", "open it with repair=True"],
  ["dates, arrays, Maps, Sets and plain objects of these", "dates, lists, sets and dicts of these"],
  ["which is no array", "which is no list"],
  ["an object with invoke(), not null", "an object with invoke(), not None"],
];

/** The text of an error in Python's words. */
export function inPythonsWords(text: string): string {
  return WORDS.reduce((said, [from, to]) => said.replace(from, to), text);
}

/** The error that Python is to see: a `PitError`, a `TimeoutError`, a `ValueError`, or the very same. */
export function pythonErrorOf(error: unknown): unknown {
  if (error instanceof PitError) return error;
  if (error instanceof PortError) {
    const reason = error.message.slice(`${error.operation}: `.length);
    if (error.kind === "ResourceExhausted") return new ResourceExhausted(error, reason);
    if (error.kind === "Timeout") return thrownBy(() => refuse("TimeoutError", reason));
    return new PitError(error, `Port operation failed: ${inPythonsWords(error.message)}`);
  }
  const invalid = error instanceof RangeError ||
    error instanceof SymphonyError && error.kind === "Validation";
  if (invalid) return thrownBy(() => refuse("ValueError", inPythonsWords(error.message)));
  return error;
}

/**
 * Tells a listener of Python's something. What it raises is printed, and nothing else comes of it: in TypeScript it would
 * be an uncaught error, which ends the program, and no Python programmer expects that of a callback.
 */
export function tellListener(listener: (event: never) => unknown, event: unknown): void {
  try {
    listener(event as never);
  } catch (error) {
    const py = startPython();
    py.scope(() => {
      const { Exception, type } = py.builtins;
      // SystemExit and the like are meant for the program, and a listener of TypeScript has its own ways.
      if (!(error instanceof PythonError) || !error.matches(Exception)) throw error;
      const { value } = error;
      py.import("traceback").print_exception(type(value), value, value.__traceback__);
    });
  }
}

function thrownBy(act: () => never): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
