import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import process from "node:process";
import { describe } from "node:test";
import { installConductor } from "../../src/symphony/mod.ts";
import { inFolder, PYTHON, ROOT, spawned } from "../fixtures/program.ts";
import { evaluate, forGood, py, testWith } from "../fixtures/python.ts";

const FILE = "tests/python/test_symphony_conductor.py";
const COUNT = 57;

describe("symphony_conductor", () => {
  forGood(() => installConductor(py));

  testWith(["pytest", "numpy"], "passes its tests inside this process", () => {
    const [code, passed, other] = evaluate(
      `
import sys
import pytest

class Count:
    passed = 0
    other = ()

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            self.passed += 1
        elif not report.passed:
            self.other += (str(report.longrepr),)

    def pytest_collectreport(self, report):
        if not report.passed:
            self.other += (str(report.longrepr),)

count = Count()
code = pytest.main(
    [file, "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:terminal", "-p", "no:anyio"],
    plugins=[count],
)
sys.modules.pop("test_symphony_conductor", None)
[int(code), count.passed, "\\n".join(count.other)]
`,
      { file: FILE },
    ).$.toJs();
    assert.strictEqual(other, "");
    assert.deepStrictEqual([code, passed], [0, COUNT]);
    assert.strictEqual(
      evaluate("import symphony_conductor\nsymphony_conductor.__file__"),
      "<pyduet>/symphony_conductor/__init__.py",
    );
  });

  testWith(["pytest", "numpy"], "passes its tests on Python alone", async () => {
    const args = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:anyio", FILE];
    const { code, stdout, stderr } = await spawned(PYTHON, args, {
      cwd: ROOT,
      env: {
        PYTHONPATH: [join(ROOT, "python"), process.env["PYTHONPATH"] ?? ""].join(delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    });
    assert.match(stdout, new RegExp(`\\b${COUNT} passed in `), stdout + stderr);
    assert.strictEqual(code, 0);
  });

  testWith(["mypy", "numpy"], "passes mypy --strict", () =>
    inFolder(async (folder) => {
      const args = ["-m", "mypy", "--strict", "--cache-dir", folder, "symphony_conductor"];
      const { code, stdout, stderr } = await spawned(PYTHON, args, {
        cwd: join(ROOT, "python"),
        seconds: 110,
      });
      assert.match(stdout, /^Success: no issues found in 11 source files\n$/, stdout + stderr);
      assert.strictEqual(code, 0);
    }));
});
