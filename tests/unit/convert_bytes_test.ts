import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe } from "node:test";
import { isPyObject, PyConversionError } from "../../mod.ts";
import { deep, evaluate, py, seen, test, thrownBy } from "../fixtures/python.ts";

describe("bytes", () => {
  test("bytesToJs() gives a Uint8Array", () => {
    const value = evaluate("b'bytes'");
    assert.ok(value instanceof Uint8Array && value.constructor === Uint8Array);
    assert.deepEqual([...value], [98, 121, 116, 101, 115]);
    assert.strictEqual(value.byteOffset, 0);
    assert.strictEqual(value.buffer.byteLength, 5);
  });

  test("bytesToJs() gives a copy", () => {
    const bytes = evaluate("b'abc'\nclass Holder: data = b'abc'\nHolder");
    const first = bytes.data;
    first[0] = 0;
    assert.deepEqual([...bytes.data], [97, 98, 99]);
  });

  test("bytesToPython() gives a copy", () => {
    const value = new Uint8Array([1, 2, 3]);
    const held = py.toPython(value);
    value[0] = 9;
    assert.deepEqual([...held.$.toJs()], [1, 2, 3]);
  });

  test("every byte crosses both ways", () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    assert.deepEqual(evaluate("lambda b: b")(all), all);
    assert.strictEqual(evaluate("lambda b: b == bytes(range(256))")(all), true);
  });

  test("nothing crosses both ways", () => {
    assert.strictEqual(seen(new Uint8Array(0)), "bytes b''");
    assert.strictEqual(seen(new ArrayBuffer(0)), "bytes b''");
    const none = evaluate("b''");
    assert.ok(none instanceof Uint8Array);
    assert.strictEqual(none.length, 0);
  });

  test("10 MB cross both ways", () => {
    const value = new Uint8Array(10_000_000).map((_, i) => i * 7);
    const back: Uint8Array = evaluate("lambda b: b")(value);
    assert.strictEqual(Buffer.compare(back, value), 0);
  });

  test("bytesToPython() takes exactly the part of the buffer that a view shows", () => {
    const whole = new Uint8Array([1, 2, 3, 4, 5, 6]);
    assert.strictEqual(seen(whole.subarray(1, 3)), "bytes b'\\x02\\x03'");
    assert.strictEqual(seen(new Uint8Array(whole.buffer, 4)), "bytes b'\\x05\\x06'");
    assert.strictEqual(seen([whole.subarray(2, 2)]), "list [b'']");
    assert.strictEqual(seen([whole.subarray(5)]), "list [b'\\x06']");
  });

  test("an ArrayBuffer is bytes, also deep and also resizable", () => {
    const { buffer } = new Uint8Array([65, 66]);
    assert.strictEqual(seen(buffer), "bytes b'AB'");
    assert.strictEqual(seen({ x: [buffer] }), "dict {'x': [b'AB']}");
    const growing = new ArrayBuffer(2, { maxByteLength: 8 });
    growing.resize(4);
    assert.strictEqual(seen(growing), "bytes b'\\x00\\x00\\x00\\x00'");
    assert.strictEqual(seen(new Uint8Array(growing)), "bytes b'\\x00\\x00\\x00\\x00'");
  });

  test("a Uint8Array over shared memory is bytes", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared[1] = 1;
    assert.strictEqual(seen(shared), "bytes b'\\x00\\x01\\x00'");
  });

  // What fs.readFileSync() gives on both runtimes is a Buffer, and a Buffer is a Uint8Array.
  test("a Buffer is bytes, like the Uint8Array that it is", () => {
    assert.strictEqual(seen(Buffer.from("ab")), "bytes b'ab'");
    assert.strictEqual(seen([Buffer.from("ab")]), "list [b'ab']");
  });

  test("a detached buffer is an error with its path", () => {
    const value = new Uint8Array([1, 2, 3]);
    const { buffer } = value;
    structuredClone(buffer, { transfer: [buffer] });
    for (const detached of [value, buffer]) {
      const error = thrownBy(() => seen({ data: [detached] }));
      assert.ok(error instanceof PyConversionError, `${error.name}: ${error.message}`);
      assert.strictEqual(error.path, "$.data[0]");
    }
  });

  test("a Proxy of a Uint8Array is an error with its path", () => {
    const error = thrownBy(() => seen({ data: [new Proxy(new Uint8Array(2), {})] }));
    assert.ok(error instanceof PyConversionError, `${error.name}: ${error.message}`);
    assert.strictEqual(error.path, "$.data[0]");
  });

  test("a subclass of bytes, a bytearray and a memoryview stay PyObjects", () => {
    for (
      const code of ["class B(bytes): pass\nB(b'ab')", "bytearray(b'ab')", "memoryview(b'ab')"]
    ) {
      const value = evaluate(code);
      assert.ok(isPyObject(value), code);
      const plain = value.$.toJs();
      assert.ok(plain instanceof Uint8Array, code);
      assert.deepEqual([...plain], [97, 98]);
    }
  });

  test("$.toJs() copies a memoryview that is not contiguous", () => {
    assert.deepEqual([...deep("memoryview(b'abcdef')[::2]")], [97, 99, 101]);
    assert.deepEqual([...deep("memoryview(b'abcdef')[::-1]")], [102, 101, 100, 99, 98, 97]);
  });
});
