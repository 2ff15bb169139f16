/**
 * The library's own error classes. A Python exception is a `PythonError`, in
 * `interpreter/python_error.ts`.
 * @module
 */

/** Base of every error that the library raises on its own account. */
export class PyduetError extends Error {
  /** The class's name, as printed. */
  override name = "PyduetError";
}

/** One place where Python was looked for, and why it was refused. */
export interface Refusal {
  /** Who named the place: `"option python"`, `"PYDUET_PYTHON"`, `"PATH"`, `"pyenv"` … */
  readonly origin: string;
  /** The file or folder that was looked at. */
  readonly path: string;
  /** One clause, without a full stop: `"no such file"`. */
  readonly reason: string;
  /** A command or step that would make this place usable. */
  readonly fix?: string;
}

/** Thrown by `startPython()` when no usable libpython was found; lists every place tried. */
export class PythonNotFoundError extends PyduetError {
  /** The class's name, as printed. */
  override name = "PythonNotFoundError";
  /** Every place tried, in order. */
  readonly refusals: readonly Refusal[];

  /** Takes the full text and the places that it lists. */
  constructor(message: string, refusals: readonly Refusal[]) {
    super(message);
    this.refusals = refusals;
  }
}

/** Thrown by `startPython()` when Python was found but cannot start as asked. */
export class PythonStartError extends PyduetError {
  /** The class's name, as printed. */
  override name = "PythonStartError";
}

/** Thrown by any use of Python after `py.close()`. */
export class PythonClosedError extends PyduetError {
  /** The class's name, as printed. */
  override name = "PythonClosedError";
}

/** Thrown by any use of a PyObject after its release. */
export class PyReleasedError extends PyduetError {
  /** The class's name, as printed. */
  override name = "PyReleasedError";
}

/** Thrown when a value cannot cross into the other language; the message holds its path. */
export class PyConversionError extends TypeError {
  /** The class's name, as printed. */
  override name = "PyConversionError";
  /** Where the value stands, such as `$.users[3].tags`. */
  readonly path: string;

  /** Takes the place of the value and the reason, joined into the message. */
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot convert ${path}: ${reason}`, options);
    this.path = path;
  }
}
