/**
 * `obj.$.buffer()`: Python's memory as a typed array, without a copy.
 * @module
 */

import type { Memory, Pointer } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import { integerAt, PY_BUFFER, PY_BUFFER_SIZE, PYBUF } from "../capi/py_buffer.ts";
import { borrow, type New, type Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { elementsOf, type TypedArray } from "../convert/format.ts";
import { describe } from "../convert/path.ts";
import type { Rules } from "../convert/rules.ts";
import { extentOf, isContiguous, stridesInOrder } from "../convert/strided.ts";
import type { Strings } from "../convert/string.ts";
import { Lease, type Leases } from "./buffer_lease.ts";
import type { PythonSide } from "./python_side.ts";

/** Options of `obj.$.buffer()`. */
export interface BufferOptions {
  /** Ask for memory that may be written to; Python refuses where it may not. */
  writable?: boolean;
  /**
   * Take the items for others, as `"B"` for the bytes of a float array: a format of Python's
   * `struct` module. For contiguous memory; the shape is then one length.
   */
  format?: string;
}

/**
 * Python's memory, seen by TypeScript. While it is held Python keeps the memory where it is, so that
 * a `bytearray`, for one, cannot be resized. It is given back by `release()`, by `using`, or, when both
 * it and every array over the memory are forgotten, by the garbage collector.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * const py = startPython();
 * const bytes = py.builtins.bytearray("abc", "utf-8");
 * using buffer = bytes.$.buffer({ writable: true });
 * buffer.data[0] = 65;
 * bytes.decode(); // "Abc"
 * ```
 */
export interface PyBuffer<T extends TypedArray = TypedArray> extends Disposable {
  /**
   * The memory, from its lowest item to its highest. The item at `[i, j]` is
   * `data[offset + i * strides[0] + j * strides[1]]`. Formats that no typed array has come as bytes.
   * After the release it has no length.
   */
  readonly data: T;
  /** The length of each dimension; `[]` for a single item. */
  readonly shape: readonly number[];
  /** The way from one item to the next in each dimension, in elements of `data`. */
  readonly strides: readonly number[];
  /** The place of the first item, in elements of `data`; 0 unless a stride is negative. */
  readonly offset: number;
  /** The format of an item, as in Python's `struct` module; numpy's complex numbers are `"Zf"`, `"Zd"`. */
  readonly format: string;
  /** Bytes of an item. A complex number is two elements of `data`. */
  readonly itemsize: number;
  /** Python forbids writing. JavaScript has no read-only arrays: a program that writes breaks Python's rules. */
  readonly readonly: boolean;
  /** The items lie in C order without gaps: `data` is all of them, one after the other. */
  readonly contiguous: boolean;
  /** False where the items have the other byte order; `data` is then their bytes. */
  readonly littleEndian: boolean;
  /** Gives the memory back to Python: every array over it loses its length. A second time does nothing. */
  release(): void;
}

/** Makes the views of an interpreter. Needs the GIL. */
export type MakeBuffer = (object: Ref, options?: BufferOptions) => PyBuffer;

/** What an exporter says of its memory. Strides in bytes. */
interface Export {
  readonly address: Pointer | null;
  readonly format: string;
  readonly itemsize: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly readonly: boolean;
  /** Gives the memory back; attached. */
  readonly giveBack: () => void;
}

/** Binds the views to an interpreter. */
export function createBuffers(
  interpreter: Interpreter,
  { python, rules, strings, leases }: {
    python: PythonSide;
    rules: Rules;
    strings: Strings;
    leases: Leases;
  },
): MakeBuffer {
  const { library } = interpreter;
  const { Py_DecRef } = library.object;

  return (object, { writable = false, format } = {}) => {
    const exported = ask(object, writable);
    try {
      return view(format === undefined ? exported : reinterpreted(exported, format), leases);
    } catch (error) {
      exported.giveBack();
      throw error;
    }
  };

  function ask(object: Ref, writable: boolean): Export {
    const { PyObject_CheckBuffer, PyObject_GetBuffer, PyBuffer_Release } = library.buffer;
    const known = PyObject_CheckBuffer?.(object);
    if (known === 0) return askTensor(object, writable);
    const memory = backend.allocate(PY_BUFFER_SIZE);
    const flags = PYBUF.STRIDES | PYBUF.FORMAT | (writable ? PYBUF.WRITABLE : 0);
    // SAFETY: `memory` never moves and is kept by `giveBack` until the buffer's release.
    if (PyObject_GetBuffer(object, memory.address, flags) === -1) {
      const typeError = library.pointedObject("PyExc_TypeError");
      // On 3.8 an object without the protocol is known by this error alone.
      if (known === 1 || library.errors.PyErr_ExceptionMatches(typeError) !== 1) {
        throw interpreter.raised();
      }
      library.object.PyErr_Clear();
      return askTensor(object, writable);
    }
    return read(memory, () => {
      PyBuffer_Release(memory.address);
      memory.u32[0] = 0; // a use after the call: the struct lives until Python has left it
    });
  }

  function read(memory: Memory, giveBack: () => void): Export {
    const { u32 } = memory;
    const ndim = u32[PY_BUFFER.ndim]!;
    const itemsize = integerAt(memory, PY_BUFFER.itemsize);
    const formatAt = memory.getPointer(PY_BUFFER.format);
    const shapeAt = memory.getPointer(PY_BUFFER.shape);
    const stridesAt = memory.getPointer(PY_BUFFER.strides);
    const shape = shapeAt
      ? integersAt(shapeAt, ndim)
      : ndim === 0
      ? []
      : [integerAt(memory, PY_BUFFER.len) / itemsize];
    return {
      address: memory.getPointer(PY_BUFFER.buf),
      format: formatAt ? library.text(formatAt) : "B",
      itemsize,
      shape,
      strides: stridesAt ? integersAt(stridesAt, ndim) : stridesInOrder(shape, itemsize),
      readonly: u32[PY_BUFFER.readonly] !== 0,
      giveBack,
    };
  }

  function integersAt(address: Pointer, count: number): number[] {
    if (count === 0) return [];
    const copy = backend.allocate(count * 8);
    // SAFETY: an exporter's shape and strides hold one ssize_t for each dimension until the release.
    library.object.memcpy(copy.address, address, backend.size(count * 8));
    return Array.from({ length: count }, (_, i) => integerAt(copy, i));
  }

  /** By way of DLPack; Python says what is wrong where there is none. */
  function askTensor(object: Ref, writable: boolean): Export {
    const tuple = python.call(
      "_memory",
      "tensor",
      object,
      writable ? interpreter.true_ : interpreter.false_,
    );
    let capsule: New | undefined;
    const [, address, format, itemsize, shape, strides, readonly] = rules.entries(tuple, (item) => {
      if (capsule === undefined) return capsule = interpreter.share(item);
      const value = rules.scalar(item);
      return typeof value === "symbol" ? rules.entries(item) : value;
    }) as [unknown, number, string, number, number[], number[], boolean];
    Py_DecRef(tuple);
    return {
      address: address === 0 ? null : backend.fromNumber(address),
      format,
      itemsize,
      shape,
      strides,
      readonly,
      giveBack: () => Py_DecRef(capsule!),
    };
  }

  function reinterpreted(exported: Export, format: string): Export {
    if (typeof format !== "string") {
      throw new TypeError(`$.buffer({ format }) takes a string, not ${describe(format)}`);
    }
    if (format === exported.format) return exported;
    const text = strings.stringToPython(format);
    let itemsize: number;
    try {
      itemsize = rules.toJs(python.call("_memory", "size_of", borrow(text))) as number;
    } finally {
      Py_DecRef(text);
    }
    const { shape, strides } = exported;
    if (!isContiguous(shape, strides, exported.itemsize)) {
      throw new TypeError(
        `This memory of format "${exported.format}" cannot be taken for "${format}": its items do ` +
          `not lie in C order without gaps. Leave out format, or copy it first, as by numpy.ascontiguousarray()`,
      );
    }
    const bytes = shape.reduce((product, length) => product * length, exported.itemsize);
    if (itemsize === 0 || bytes % itemsize !== 0) {
      throw new TypeError(
        `This memory of format "${exported.format}" cannot be taken for "${format}": its ${bytes} ` +
          `bytes are no multiple of ${itemsize}`,
      );
    }
    return { ...exported, format, itemsize, shape: [bytes / itemsize], strides: [itemsize] };
  }
}

/** The typed array over the memory, and what tells where its items lie. */
function view(exported: Export, leases: Leases): PyBuffer {
  const { format, itemsize, shape } = exported;
  const strides = meaningful(exported);
  const { low, high } = extentOf(shape, strides, itemsize);
  if (high > low && !exported.address) {
    throw new TypeError("This buffer says that it has items, and gives no address for them");
  }
  const start = exported.address && backend.offset(exported.address, low);
  let elements = elementsOf(format, itemsize);
  const size = elements.array.BYTES_PER_ELEMENT;
  const fits = strides.every((stride) => stride % size === 0) &&
    (!start || backend.toNumber(start) % size === 0);
  if (!fits) elements = { ...elements, array: Uint8Array };
  const { array: Elements, littleEndian } = elements;
  const unit = Elements.BYTES_PER_ELEMENT;
  const length = high - low;
  // SAFETY: the exporter keeps these bytes until `giveBack`, before which the lease detaches the view.
  const buffer = length > 0 ? backend.unsafeView(start!, length).buffer : new ArrayBuffer(0);
  const data = new Elements(buffer, 0, length / unit);
  const lease = new Lease(buffer, exported.giveBack);
  leases.add(lease, data);
  return {
    data,
    shape: Object.freeze([...shape]),
    strides: Object.freeze(strides.map((stride) => stride / unit)),
    offset: -low / unit || 0, // not -0
    format,
    itemsize,
    readonly: exported.readonly,
    contiguous: isContiguous(shape, strides, itemsize),
    littleEndian,
    release: () => leases.release(lease),
    [Symbol.dispose]: () => leases.release(lease),
  };
}

/** A dimension of one item may say anything; it, and memory of no items, get the strides of C order. */
function meaningful({ shape, strides, itemsize }: Export): number[] {
  const inOrder = stridesInOrder(shape, itemsize);
  const empty = shape.includes(0);
  return strides.map((stride, i) => empty || shape[i] === 1 ? inOrder[i]! : stride);
}
