/**
 * An opened libpython: its functions, bound by group at first use, and the
 * addresses of the objects that it exports.
 * @module
 */

import type { NativeFunction, Pointer, SharedLibrary, SymbolSpec } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import { PythonStartError } from "../errors.ts";
import { type Borrowed, unsafeBorrowed } from "./reference.ts";
import type { Bound, CSymbol } from "./symbols/table.ts";
import { BUFFER } from "./symbols/buffer.ts";
import { CONTEXT } from "./symbols/context.ts";
import { ERRORS } from "./symbols/errors.ts";
import { START, THREAD } from "./symbols/lifecycle.ts";
import { OBJECT, PROTOCOL } from "./symbols/object.ts";
import { CODE, COLLECTIONS, MARSHAL, SCALARS } from "./symbols/values.ts";

type Specs = Readonly<Record<string, SymbolSpec>>;
type Table = Readonly<Record<string, CSymbol<NativeFunction | null>>>;

/** The versions this library knows: 3.8 to 3.15. */
const OLDEST = 8;
const NEWEST = 15;

/** One libpython in this process. */
export class PythonLibrary {
  /** The file it was opened from. */
  readonly path: string;
  readonly shared: SharedLibrary;
  readonly thread: Bound<typeof THREAD> = this.#lazily(THREAD);
  readonly start: Bound<typeof START> = this.#lazily(START);
  readonly protocol: Bound<typeof PROTOCOL> = this.#lazily(PROTOCOL);
  readonly errors: Bound<typeof ERRORS> = this.#lazily(ERRORS);
  readonly scalars: Bound<typeof SCALARS> = this.#lazily(SCALARS);
  readonly collections: Bound<typeof COLLECTIONS> = this.#lazily(COLLECTIONS);
  readonly code: Bound<typeof CODE> = this.#lazily(CODE);
  readonly marshal: Bound<typeof MARSHAL> = this.#lazily(MARSHAL);
  readonly buffer: Bound<typeof BUFFER> = this.#lazily(BUFFER);
  readonly context: Bound<typeof CONTEXT> = this.#lazily(CONTEXT);
  /** `"3.11.7 (main, …) [GCC …]"`, as `Py_GetVersion()` says it. */
  readonly versionText: string;
  /** The `y` of 3.y. */
  readonly minor: number;
  readonly freeThreaded: boolean;
  #object: Bound<typeof OBJECT> | undefined;

  /** Opens the file globally. Throws {@link PythonStartError} in the loader's words. */
  constructor(path: string) {
    this.path = path;
    try {
      this.shared = backend.open(path);
      this.versionText = this.text(this.thread.Py_GetVersion());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PythonStartError(
        `The library "${path}" cannot be loaded as a Python: ${reason}`,
        { cause },
      );
    }
    // The known answer: a library that states a version in CPython's manner speaks this C API.
    const match = /^(\d+)\.(\d+)\.\d+/.exec(this.versionText);
    this.minor = Number(match?.[2] ?? -1);
    this.freeThreaded = this.versionText.includes("free-threading build");
    if (match?.[1] !== "3" || this.minor < OLDEST || this.minor > NEWEST) {
      throw new PythonStartError(
        `"${path}" is Python ${this.versionText.split(" ")[0]}; ` +
          `this library knows 3.${OLDEST} to 3.${NEWEST}`,
      );
    }
  }

  /** Bound whole at first use; the other tables symbol by symbol, since binding costs 0.1 ms each. */
  get object(): Bound<typeof OBJECT> {
    return this.#object ??= this.shared.bind(OBJECT as Specs) as Bound<typeof OBJECT>;
  }

  /** An object that is itself the symbol: `_Py_NoneStruct`, `PyLong_Type`. Lives as long as the process. */
  dataObject(name: string): Borrowed {
    // SAFETY: an object in the library's own data, which is never unloaded.
    return unsafeBorrowed(this.address(name));
  }

  /** An object to which the symbol points: `PyExc_ValueError`. Needs an initialised interpreter. */
  pointedObject(name: string): Borrowed {
    const memory = backend.allocate(8);
    // SAFETY: a pointer variable of the library, 8 bytes on every system this library runs on.
    this.object.memcpy(memory.address, this.address(name), backend.size(8));
    // SAFETY: the interpreter holds a reference from its start to its end.
    return unsafeBorrowed(memory.getPointer(0)!);
  }

  /** The address of a symbol. Throws where there is none. */
  address(name: string): Pointer {
    const address = this.shared.address(name);
    if (!address) throw new PythonStartError(`"${this.path}" does not export ${name}`);
    return address;
  }

  /** A table whose functions are bound when first read, and plain properties from then on. */
  #lazily<T extends Table>(table: T): Bound<T> {
    const functions = {};
    for (const [key, spec] of Object.entries(table)) {
      Object.defineProperty(functions, key, {
        configurable: true,
        enumerable: true,
        get: () => {
          const value = this.shared.bind({ [key]: spec as SymbolSpec })[key];
          Object.defineProperty(functions, key, { value });
          return value;
        },
      });
    }
    return functions as Bound<T>;
  }

  /** A static C string of the library. */
  text(start: Pointer): string {
    const length = this.thread.strlen(start);
    if (backend.sizeToNumber(length) === 0) return ""; // of no bytes there is no memory
    const memory = backend.allocate(backend.sizeToNumber(length));
    // SAFETY: measured by strlen; the library is never unloaded.
    this.object.memcpy(memory.address, start, length);
    return new TextDecoder().decode(memory.bytes.subarray(0, backend.sizeToNumber(length)));
  }
}
