/**
 * What floor 0 promises, as one suite that every backend must pass.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Backend, NativeFunction, Pointer } from "../../src/ffi/backend.ts";
import { parseSignature } from "../../src/ffi/backend.ts";
import { guardThread } from "../../src/ffi/thread_guard.ts";

type Bound = Record<string, NativeFunction>;

/** The suite. `path` is a libpython that runs already and whose GIL the calling thread holds in a test. */
export function testBackend(
  backend: Backend,
  path: string,
  attached: (use: () => void) => void,
): void {
  const library = backend.open(path);
  const bound = (
    table: Record<string, { signature: string; symbol?: string; optional?: boolean }>,
  ): Bound => library.bind(table) as Bound;
  const test = (name: string, body: () => void): void => void it(name, () => attached(body));

  describe(`Backend ${backend.name}`, () => {
    test("passes doubles, and whole numbers of 32 bits with their sign", () => {
      const { PyFloat_FromDouble, PyFloat_AsDouble, Py_DecRef, abs, ntohl } = bound({
        PyFloat_FromDouble: { signature: "d:p" },
        PyFloat_AsDouble: { signature: "p:d" },
        Py_DecRef: { signature: "p:v" },
        abs: { signature: "i:i" },
        ntohl: { signature: "u:u" },
      });
      for (const value of [0, -0, 1.5, -1e308, 5e-324, NaN, Infinity, 2 ** 53]) {
        const float = PyFloat_FromDouble!(value);
        assert.ok(Object.is(PyFloat_AsDouble!(float), value), `${value}`);
        Py_DecRef!(float);
      }
      assert.equal(abs!(-5), 5);
      assert.equal(abs!(2147483647), 2147483647);
      assert.equal(ntohl!(0x80), 0x80000000);
      assert.equal(ntohl!(0xffffffff), 0xffffffff);
    });

    test("passes sizes, negative ones too", () => {
      const { PyTuple_New, PyTuple_Size, Py_DecRef, labs } = bound({
        PyTuple_New: { signature: "z:p" },
        PyTuple_Size: { signature: "p:z" },
        Py_DecRef: { signature: "p:v" },
        labs: { signature: "z:z" },
      });
      for (const size of [0, 1, 255, 256, 257, 100_000]) {
        const tuple = PyTuple_New!(backend.size(size));
        assert.equal(backend.sizeToNumber(PyTuple_Size!(tuple)), size);
        Py_DecRef!(tuple);
      }
      for (const value of [0, 1, -1, -256, 2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
        assert.equal(backend.sizeToNumber(backend.size(value)), value);
        assert.equal(backend.sizeToNumber(labs!(backend.size(-value))), Math.abs(value));
      }
    });

    test("gives pointers that are === and Map keys", () => {
      const none = library.address("_Py_NoneStruct")!;
      const again = library.address("_Py_NoneStruct")!;
      assert.ok(none === again);
      const map = new Map<unknown, number>([[none, 1]]);
      assert.equal(map.get(again), 1);
      const { PyDict_New, PyDict_GetItemString, PyDict_SetItemString, Py_DecRef } = bound({
        PyDict_New: { signature: ":p" },
        PyDict_SetItemString: { signature: "pbp:i" },
        PyDict_GetItemString: { signature: "pb:p" },
        Py_DecRef: { signature: "p:v" },
      });
      const dict = PyDict_New!();
      const name = new TextEncoder().encode("n\0");
      assert.equal(PyDict_SetItemString!(dict, name, none), 0);
      assert.ok(PyDict_GetItemString!(dict, name) === none);
      assert.ok(!PyDict_GetItemString!(dict, new TextEncoder().encode("m\0")));
      Py_DecRef!(dict);
      const memory = backend.allocate(8);
      memory.setPointer(0, none);
      assert.ok(memory.getPointer(0) === none);
    });

    test("turns pointers to numbers and back, and offsets them", () => {
      const none = library.address("_Py_NoneStruct")!;
      assert.ok(Number.isSafeInteger(backend.toNumber(none)));
      assert.ok(backend.fromNumber(backend.toNumber(none)) === none);
      assert.equal(backend.toNumber(backend.offset(none, 24)), backend.toNumber(none) + 24);
      assert.ok(backend.offset(backend.offset(none, 24), -24) === none);
    });

    test("has a falsy null, in and out", () => {
      assert.ok(!backend.null);
      const memory = backend.allocate(16);
      assert.ok(!memory.getPointer(0));
      memory.setPointer(1, memory.address);
      memory.setPointer(1, backend.null);
      assert.ok(!memory.getPointer(1));
      assert.ok(!library.address("no_such_symbol"));
      const { PyErr_Occurred } = bound({ PyErr_Occurred: { signature: ":p" } });
      assert.ok(!PyErr_Occurred!());
    });

    test("gives memory that is zeroed, and whose views are one memory", () => {
      const memory = backend.allocate(20);
      assert.equal(memory.bytes.length, 24);
      assert.ok(memory.bytes.every((byte) => byte === 0));
      memory.f64[0] = 1;
      assert.equal(memory.bytes[7], 0x3f);
      memory.u32[2] = 0x01020304;
      assert.equal(memory.bytes[8], 4);
      assert.ok(memory.address === memory.address);
      assert.equal(backend.toNumber(memory.address) % 8, 0);
    });

    test("gives memory that does not move while it is used", () => {
      const { memcpy } = bound({ memcpy: { signature: "ppz:v" } });
      const source = backend.allocate(8);
      const target = backend.allocate(8);
      const eight = backend.size(8);
      for (let i = 0; i < 200_000; i++) {
        source.u32[0] = i;
        memcpy!(target.address, source.address, eight);
        if (target.u32[0] !== i) assert.fail(`moved at call ${i}`);
        if (i % 20_000 === 0) backend.collectGarbage();
      }
    });

    test("tells where views lie, which do not move from then on", () => {
      const { memcpy } = bound({ memcpy: { signature: "ppz:v" } });
      const target = backend.allocate(8);
      const views: [Uint8Array, ArrayBufferView][] = [];
      for (const length of [1, 8, 100, 1000, 1008, 10_000]) {
        const buffer = new ArrayBuffer(32);
        const shared = new SharedArrayBuffer(32);
        for (
          const view of [
            new Uint8Array(length),
            new Float64Array(length),
            new Float64Array(length).subarray(length >> 1),
            new DataView(buffer, 5),
            new Int16Array(buffer, 6, 3),
            new Int32Array(shared, 8, 2),
          ]
        ) {
          views.push([new Uint8Array(view.buffer, view.byteOffset, view.byteLength), view]);
        }
      }
      const addresses = views.map(([, view]) => backend.addressOf(view));
      backend.collectGarbage();
      views.forEach(([bytes], i) => {
        bytes[0] = i;
        memcpy!(target.address, addresses[i], backend.size(1));
        assert.equal(target.bytes[0], bytes[0]);
      });
      assert.ok(views.every(([, view], i) => backend.addressOf(view) === addresses[i]));
    });

    test("shows native memory, until the view is detached", () => {
      const memory = backend.allocate(16);
      const view = backend.unsafeView(backend.offset(memory.address, 8), 8);
      memory.f64[1] = 1;
      assert.equal(view[7], 0x3f);
      view[7] = 0xbf;
      assert.equal(memory.f64[1], -1);
      const { buffer } = view;
      buffer.transfer();
      assert.deepEqual([view.length, buffer.detached], [0, true]);
      assert.equal(memory.f64[1], -1);
    });

    test("lets C use bytes during a call", () => {
      const { memcpy, strlen } = bound({
        memcpy: { signature: "pbz:v" },
        strlen: { signature: "b:z" },
      });
      const target = backend.allocate(8);
      memcpy!(target.address, Uint8Array.of(0, 1, 2, 3, 4, 5).subarray(1), backend.size(5));
      assert.deepEqual([...target.bytes], [1, 2, 3, 4, 5, 0, 0, 0]);
      assert.equal(backend.sizeToNumber(strlen!(new TextEncoder().encode("äb\0"))), 3);
    });

    test("binds one symbol under several signatures and names, and optional ones as null", () => {
      const fns = library.bind({
        own: { signature: "p:d", symbol: "PyFloat_AsDouble" },
        PyFloat_AsDouble: { signature: "p:d" },
        other: { signature: "p:p", symbol: "PyFloat_AsDouble" },
        missing: { signature: ":v", symbol: "pyduet_missing", optional: true },
        pyduet_missing: { signature: ":v", optional: true },
      });
      assert.equal(typeof fns.own, "function");
      assert.equal(typeof fns.other, "function");
      assert.equal(fns.missing, null);
      assert.equal(fns.pyduet_missing, null);
    });

    test("names a missing symbol, and a library that is none", () => {
      assert.throws(() => library.bind({ pyduet_missing: { signature: ":v" } }), /pyduet_missing/);
      assert.throws(() => backend.open("/nowhere/libnothing.so"), /libnothing/);
      assert.throws(() => backend.open(import.meta.filename!), Error);
      assert.throws(() => parseSignature("x:v"), /Not a native signature: "x:v"/);
      for (const wrong of ["", "p", "p:", ":b", "p:p:p", "P:v", "s:v", "v:v"]) {
        assert.throws(() => parseSignature(wrong), TypeError, wrong);
      }
    });

    test("copies struct results where it can return them", () => {
      if (!backend.structResults) return;
      const { PyStatus_Error, PyStatus_Ok } = bound({
        PyStatus_Error: { signature: "b:s", optional: true },
        PyStatus_Ok: { signature: ":s", optional: true },
      });
      if (!PyStatus_Error || !PyStatus_Ok) return;
      const status = backend.allocate(32);
      const words = new TextEncoder().encode("why\0");
      PyStatus_Error(status, words);
      assert.equal(status.u32[0], 1);
      assert.ok(status.getPointer(2));
      PyStatus_Ok(status);
      assert.equal(status.u32[0], 0);
      assert.ok(!status.getPointer(2));
    });

    test("calls JS from C: arguments, results, sorted by a comparison", () => {
      const { qsort } = bound({ qsort: { signature: "pzzp:v" } });
      const memory = backend.allocate(8 * 100);
      for (let i = 0; i < 100; i++) memory.f64[i] = (i * 37) % 100;
      const one = backend.allocate(8);
      const { memcpy } = bound({ memcpy: { signature: "ppz:v" } });
      const read = (at: Pointer): number => {
        memcpy!(one.address, at, backend.size(8));
        return one.f64[0]!;
      };
      let calls = 0;
      const compare = backend.callback("pp:i", (a: Pointer, b: Pointer) => {
        calls++;
        return read(a) - read(b);
      });
      qsort!(memory.address, backend.size(100), backend.size(8), compare.pointer);
      assert.deepEqual([...memory.f64], Array.from({ length: 100 }, (_, i) => i));
      assert.ok(calls > 100);
      compare.close();
    });

    test("calls JS from C within JS from C, and has room for many callbacks", () => {
      const { bsearch } = bound({ bsearch: { signature: "ppzzp:p" } });
      const memory = backend.allocate(8);
      let depth = 0;
      let deepest = 0;
      const nested = backend.callback("pp:i", () => {
        deepest = Math.max(deepest, ++depth);
        if (depth < 20) search();
        depth--;
        return 0;
      });
      const search = (): Pointer =>
        bsearch!(memory.address, memory.address, backend.size(1), backend.size(8), nested.pointer);
      assert.ok(search() === memory.address);
      assert.equal(deepest, 20);
      const many = Array.from(
        { length: 500 },
        (_, i) => backend.callback("pp:i", () => i === 0 ? 0 : 1),
      );
      const found = many.map(({ pointer }) =>
        bsearch!(memory.address, memory.address, backend.size(1), backend.size(8), pointer)
      );
      assert.ok(found[0] === memory.address);
      assert.equal(found.filter((pointer) => pointer).length, 1);
      many.forEach((each) => each.close());
      nested.close();
    });

    test("opens a library again as the same, for everybody", () => {
      const second = backend.open(path);
      assert.ok(second.address("_Py_NoneStruct") === library.address("_Py_NoneStruct"));
    });

    test("guardThread() lets its own thread in, and nobody after retire()", () => {
      const { bsearch, memcmp } = bound({
        bsearch: { signature: "ppzzp:p" },
        memcmp: { signature: "bbz:i" },
      });
      void memcmp;
      const memory = backend.allocate(8);
      let inside = 0;
      const entry = backend.callback("pp:i", () => {
        inside++;
        return 0;
      });
      let outside = 0;
      const refuse = backend.callback("pp:i", () => {
        outside++;
        return 1;
      });
      const guard = guardThread(library, entry.pointer, refuse.pointer);
      if (!guard) return; // no native code for this system: Python looks instead
      const search = (): Pointer =>
        bsearch!(memory.address, memory.address, backend.size(1), backend.size(8), guard.pointer);
      assert.ok(search() === memory.address);
      assert.deepEqual([inside, outside], [1, 0]);
      guard.retire();
      assert.ok(!search());
      assert.deepEqual([inside, outside], [1, 1]);
    });
  });
}
