/**
 * `py.worker()`: a second JS thread, in which a module of the program works with the same Python.
 * @module
 */

import { PythonClosedError } from "./errors.ts";

/** A second JS thread. */
export interface PythonWorker extends AsyncDisposable {
  /**
   * Calls a function that the module exports. Arguments and result are copied (structured clone). An error arrives
   * with its name, message and stack, one of Python's also with its `type` and `traceback`.
   */
  call<T = unknown>(name: string, ...args: unknown[]): Promise<T>;
  /** Ends the thread when what it does at the moment is done; calls that are still to be answered are rejected. */
  close(): Promise<void>;
}

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(message: unknown): void;
  terminate(): unknown;
  ref(): void;
  unref(): void;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly thrown?: unknown } & Record<string, string>;
}

declare const process: {
  getBuiltinModule(name: string): { Worker: new (url: URL, options: object) => NodeWorker };
};

/** In the package the sources are JavaScript. */
const SUFFIX = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** Starts a worker that imports the module. */
export function startWorker(specifier: string | URL): PythonWorker {
  const module = String(specifier);
  if (!/^[a-z][a-z+.-]+:/i.test(module)) {
    throw new TypeError(
      `py.worker(specifier) takes a URL, such as new URL("./heavy.ts", import.meta.url), not "${module}"`,
    );
  }
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(new URL("../bin/worker.mjs", import.meta.url), {
    workerData: { specifier: module, library: new URL(`../mod${SUFFIX}`, import.meta.url).href },
  });
  const calls = new Map<number, { resolve(value: never): void; reject(reason: unknown): void }>();
  let latest = 0;
  let closing: Promise<void> | null = null;
  let ended: Error | null = null;
  let gone!: () => void;
  const end = new Promise<void>((resolve) => gone = resolve);
  worker.unref();

  function finish(error: Error): void {
    ended ??= error;
    for (const { reject } of calls.values()) reject(ended);
    calls.clear();
    gone();
  }

  worker.on("message", ({ id, value, error }: Answer) => {
    if (id === 0) {
      finish(new PythonClosedError("This worker was closed"));
      worker.terminate();
      return;
    }
    const call = calls.get(id);
    calls.delete(id);
    if (calls.size === 0 && !closing) worker.unref();
    if (!error) call?.resolve(value as never);
    else call?.reject("thrown" in error ? error.thrown : errorOf(error));
  });
  worker.on("error", (error: Error) => finish(error));
  worker.on("exit", () => finish(new PythonClosedError("This worker has ended")));

  return {
    call<T>(name: string, ...args: unknown[]): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (ended || closing) throw ended ?? new PythonClosedError("This worker was closed");
        const id = ++latest;
        worker.postMessage({ id, name, args }); // throws for what cannot be cloned
        calls.set(id, { resolve, reject });
        worker.ref();
      });
    },
    close() {
      if (!closing) {
        closing = end;
        for (const { reject } of calls.values()) {
          reject(new PythonClosedError("This worker was closed before it answered"));
        }
        calls.clear();
        if (!ended) {
          worker.ref();
          worker.postMessage({ id: 0, name: null, args: [] });
        }
      }
      return closing;
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** An error with what was sent of one. */
function errorOf({ message = "", ...rest }: Record<string, string>): Error {
  const error = new Error(message);
  for (const [key, value] of Object.entries(rest)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true });
  }
  return error;
}
