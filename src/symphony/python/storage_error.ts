/**
 * Errors of what is kept on the disk as Python's exceptions.
 * @module
 */
import { SymphonyError } from "../error.ts";
import { asPython, inPythonsWords, PitError, refuse } from "./error_face.ts";

/**
 * Does what Python asked for, as {@link asPython}; what cannot be kept, or does not fit, is a `ValueError`, and a file
 * that is damaged or in use a `RuntimeError`.
 */
export function asStorage<R>(work: () => R): R {
  try {
    const result = asPython(work);
    return result instanceof Promise ? result.catch(storageError) as R : result;
  } catch (error) {
    return storageError(error);
  }
}

function storageError(error: unknown): never {
  if (!(error instanceof SymphonyError) || error instanceof PitError) throw error;
  const kind = error.kind === "Serialization" || error.kind === "Configuration";
  return refuse(kind ? "ValueError" : "RuntimeError", inPythonsWords(error.message));
}
