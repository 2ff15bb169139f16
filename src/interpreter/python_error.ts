/**
 * A Python exception, as TypeScript sees it.
 * @module
 */

/** What floor 4 knows of an exception; the costly parts are asked for once, when first read. */
export interface ExceptionFacts {
  readonly type: string;
  readonly message: string;
  /** The live exception. */
  readonly value: unknown;
  traceback(): string;
  cause(): unknown;
  notes(): string[];
  errors(): Error[];
  /** The head of the error, and the Python and JS frames, innermost first. */
  stack(): string;
  matches(type: unknown): boolean;
}

/** The errors of a program's own classes that stand for exceptions of Python. */
const standing = new WeakMap<Error, PythonError>();

/** From now on `error` stands for the exception: passed back to Python, it is that very one. */
export function standFor(error: Error, exception: PythonError): void {
  standing.set(error, exception);
}

/** The PythonError that a value is, or stands for; of anything else, nothing. */
export function pythonErrorOf(value: unknown): PythonError | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return value instanceof PythonError ? value : standing.get(value as Error);
  } catch {
    return undefined; // a Proxy that refuses every question
  }
}

/**
 * A Python exception that reached TypeScript.
 *
 * @example
 * ```ts
 * import { PythonError, startPython } from "pyduet";
 * const py = startPython();
 * try {
 *   py.run("int('x')");
 * } catch (error) {
 *   if (error instanceof PythonError) error.type; // "ValueError"
 * }
 * ```
 */
export class PythonError extends Error {
  /** Always `"PythonError"`; what Python calls the exception is its {@link type}. */
  override name = "PythonError";
  /** The class's name, with its module where that is not `builtins`: `"ValueError"`, `"json.decoder.JSONDecodeError"`. */
  readonly type: string;
  /** The exception object, live. */
  // deno-lint-ignore no-explicit-any -- it is a PyObject, whose attributes are Python's
  declare readonly value: any;
  readonly #facts: ExceptionFacts;
  readonly #site: Error;
  #traceback: string | undefined;
  #errors: readonly Error[] | undefined;
  #notes: readonly string[] | undefined;

  /** Made by the library, with an error made where Python was called; programs use `raise()`. */
  constructor(facts: ExceptionFacts, site: Error) {
    super(facts.message);
    this.type = facts.type;
    // Not enumerable: JSON and consoles must not walk into Python by an error.
    Object.defineProperty(this, "value", { value: facts.value, configurable: true });
    this.#facts = facts;
    this.#site = site;
    let stack: string | undefined;
    // Formatting a stack costs more than raising the exception: only for those who read it.
    Object.defineProperty(this, "stack", {
      configurable: true,
      enumerable: false,
      get: () => stack ?? facts.stack(),
      set: (value: string) => {
        stack = value;
      },
    });
    let cause: { value: unknown } | undefined;
    Object.defineProperty(this, "cause", {
      configurable: true,
      enumerable: false,
      get: () => (cause ??= { value: facts.cause() }).value,
      set: (value: unknown) => {
        cause = { value };
      },
    });
  }

  /** The JS frames alone, as they were when an error was made; of any error. */
  static jsStackOf(error: Error): string {
    return (#site in error ? error.#site.stack : error.stack) ?? "";
  }

  /** The traceback in Python's format, with the exceptions that led to this one. */
  get traceback(): string {
    return this.#traceback ??= this.#facts.traceback();
  }

  /** What `add_note()` added; empty before Python 3.11. */
  get notes(): readonly string[] {
    return this.#notes ??= this.#facts.notes();
  }

  /** The exceptions of an exception group; empty for any other. */
  get errors(): readonly Error[] {
    return this.#errors ??= this.#facts.errors();
  }

  /** Whether `except type:` would catch it. Takes a class or a tuple of classes. */
  matches(type: unknown): boolean {
    return this.#facts.matches(type);
  }
}
