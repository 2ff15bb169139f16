import assert from "node:assert/strict";
import { describe } from "node:test";
import { evaluate, test } from "../fixtures/python.ts";

describe("a call by a Python thread", () => {
  test("is answered though a worker's end breaks it off, where a runtime gives NULL and no error", () => {
    const [error, told] = evaluate(
      `import ctypes
from _thread import allocate_lock
import pyduet
_calls = pyduet.module("_calls")
class MethodDef(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]
METH_VARARGS = 1
gives_null = ctypes.cast(ctypes.pythonapi.PyErr_Occurred, ctypes.c_void_p).value
made = MethodDef(b"again", gives_null, METH_VARARGS, None)
new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("PyCFunction_NewEx", ctypes.pythonapi))
done = allocate_lock()
done.acquire()
call = _calls.Call(None, (1,), {}, done)
_calls._make(call, new(ctypes.addressof(made), None, None))
repr(call.error), done.acquire(False)`,
    ).$.toJs() as unknown[];
    assert.match(
      String(error),
      /^RuntimeError\(.a TypeScript function was called while its JS thread was ending/,
    );
    assert.equal(told, true);
  });
});
