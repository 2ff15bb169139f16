import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prints, run } from "../fixtures/program.ts";

describe("output", () => {
  it("print() and console.log() come out in the order in which the program made them", async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `py ${i}\njs ${i}\n`).join("");
    await prints(
      `
const py = startPython();
for (let i = 0; i < 300; i++) {
  py.builtins.print("py", i);
  console.log("js " + i);
}`,
      lines,
    );
  });

  it("every way of writing keeps the order", async () => {
    await prints(
      `
const py = startPython();
py.run("print('a', end='')");
process.stdout.write("b");
py.run("import sys; sys.stdout.write('c')");
process.stdout.write("d");
py.run("sys.stdout.buffer.write(b'e')");
process.stdout.write("f");
py.run("sys.__stdout__.write('g')");
process.stdout.write("h");
py.run("def cb(f):\\n  print('i', end='')\\n  f()\\n  print('k', end='')\\n  f()\\ncb")(() => process.stdout.write("j"));
console.log("l");
try { py.run("print('m'); 1 / 0"); } catch { console.log("n"); }
for (const _ of py.run("def g():\\n  print('o')\\n  yield 1\\n  print('q')\\ng()")) console.log("p");
console.log("r");
class_: {
  const object = py.run("class C:\\n  def __str__(s): print('s'); return 't'\\n  def __len__(s): print('u'); return 5\\n  def __getattr__(s, n): print('w'); raise AttributeError\\n  def __eq__(s, o): print('y'); return True\\nC()");
  console.log(\`\${object}\`);
  console.log(object.$.length === 5 ? "v" : "?");
  console.log(object.missing === undefined ? "x" : "?");
  console.log(object.$.equals(1) ? "z" : "?");
}`,
      "abcdefghijkjl\nm\nn\no\np\nq\nr\ns\nt\nu\nv\nw\nx\ny\nz\n",
    );
  });

  it("stderr keeps its own order", async () => {
    await prints(
      `
const py = startPython();
py.run("import sys");
for (let i = 0; i < 50; i++) {
  py.run("print('py', " + i + ", file=sys.stderr)");
  console.error("js " + i);
}`,
      "",
      { stderr: Array.from({ length: 50 }, (_, i) => `py ${i}\njs ${i}\n`).join("") },
    );
  });

  it("large output is complete, and in order", async () => {
    const ran = await run(`
const py = startPython();
for (let i = 0; i < 20; i++) {
  py.run("print('" + i + "' * 100000)");
  console.log("js".repeat(50000));
}`);
    const expected = Array.from(
      { length: 20 },
      (_, i) => `${i}`.repeat(100000) + "\n" + "js".repeat(50000) + "\n",
    );
    assert.ok(ran.stdout === expected.join(""), `${ran.stdout.length} characters, ${ran.stderr}`);
    assert.equal(ran.code, 0);
  });

  it("of Python's threads comes out", async () => {
    await prints(
      `
const py = startPython();
py.run("import threading\\ndef w():\\n  for i in range(3): print('t', i)\\nt = threading.Thread(target=w)\\nt.start()\\nt.join()");
console.log("js");`,
      "t 0\nt 1\nt 2\njs\n",
    );
  });

  it("a replaced sys.stdout is Python's own affair, and may be closed or None", async () => {
    await prints(
      `
const py = startPython();
py.run("import sys, io, contextlib\\nb = io.StringIO()\\nwith contextlib.redirect_stdout(b): print('in')\\nprint('got', repr(b.getvalue()))");
py.run("sys.stdout = None\\nprint('nothing')");
console.log("js");
py.run("sys.stdout = sys.__stdout__\\nprint('back')");`,
      "got 'in\\n'\njs\nback\n",
    );
  });

  it("a reader that has gone ends nothing before its time", async () => {
    await prints(
      `
const py = startPython();
py.run("import sys, os\\nos.close(1)");
try { py.run("print('x')"); } catch (e) { void e; }
console.error("still here");
process.exitCode = 5;`,
      "",
      { code: 5, stderr: /^still here\n/ },
    );
  });

  it("console.log() of objects prints repr()", async () => {
    // The runtimes break lines at different places.
    const ran = await run(`
const py = startPython();
const object = py.run("class C:\\n  def __repr__(s): return 'C<1>'\\nC()");
console.log(object);
console.log([object], { object });
console.log(py.run("[1, 'a', None]"));
console.log(py.run("int"));
console.log(py.run("{'a': 1}"));
console.log(py.builtins.len);
console.log(py.run("def f(): pass\\nf.__qualname__ = 'f'\\nf").__name__);
console.log("%o|%s", 1, "x");`);
    assert.equal(
      ran.stdout.replaceAll(/,?\s+/g, " "),
      "C<1> [ C<1> ] { object: C<1> } [1 'a' None] <class 'int'> {'a': 1} <built-in function len> f 1|x ",
    );
  });

  it("console.log() never throws, hangs or crashes", async () => {
    const ran = await run(`
const py = startPython();
const odd = [
  "class C:\\n  def __repr__(s): 1 / 0\\nC()",
  "class C:\\n  def __repr__(s): return 5\\nC()",
  "class C:\\n  def __getattr__(s, n): raise ValueError(n)\\nC()",
  "from unittest.mock import MagicMock\\nMagicMock()",
  "from unittest.mock import MagicMock\\nMagicMock",
  "import weakref\\nclass A: pass\\nweakref.proxy(A())",
  "x = []\\nx.append(x)\\nx",
  "type('M', (type,), {'__repr__': lambda c: 1 / 0})('C', (), {})",
  "class C:\\n  __class__ = 5\\nC()",
];
for (const code of odd) {
  const object = py.run(code);
  console.log(object, [object], new Map([[object, object]]));
  console.error({ object });
}
const gone = py.run("[1]");
gone.$.release();
console.log(gone, [gone]);
const { append } = py.run("[]");
console.log(append);
try { py.run("1 / 0"); } catch (e) { console.log(e); console.log({ e }); console.log([e.cause]); }
try { py.run("raise KeyError('a') from ValueError('b')"); } catch (e) { console.log(e); }
py.close();
console.log(gone, odd);
console.log("end");`);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /released/);
    assert.match(ran.stdout, /ZeroDivisionError: division by zero/);
    assert.match(ran.stdout, /end\n$/);
  });

  it("JSON.stringify() of what has no plain form ends", async () => {
    const ran = await run(
      `
const py = startPython();
for (const code of ["__import__('sys')", "__import__('unittest.mock').mock.MagicMock()", "__import__('os').path", "__import__('threading').current_thread()"]) {
  try { JSON.stringify(py.run(code)); } catch (e) { void e; }
  console.log(code);
}`,
    );
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  });
});
