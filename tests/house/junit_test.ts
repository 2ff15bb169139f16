import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countTests, ofFailed } from "./junit.mjs";

describe("countTests()", () => {
  it("counts the tests in Deno's report and names the failed, not the groups that hold them", () => {
    const report = `<testsuites name="deno test" tests="5" failures="2" errors="0" time="0.1">
      <testsuite name="./a_test.ts">
        <testcase name="plain" classname="./a_test.ts" time="0.002"></testcase>
        <testcase name="group" classname="./a_test.ts" time="0.004">
          <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
      </testsuite>
      <testsuite name="ext:deno_node/testing.ts">
        <testcase name="group &gt; inner"></testcase>
        <testcase name="group &gt; inner &gt; one"><failure message="1 !== 2">…</failure></testcase>
        <testcase name="group &gt; two">
            <skipped/>
        </testcase>
      </testsuite>
    </testsuites>`;
    assert.deepEqual(countTests(report), {
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: ["group > inner > one"],
    });
  });

  it("counts the tests in Bun's report", () => {
    const report = `<testsuites name="bun test" tests="4" failures="1" skipped="1">
      <testsuite name="a_test.ts">
        <testcase name="a" classname="" time="0.001" assertions="0" />
        <testcase name="a &gt; b" classname="" time="0.001" assertions="0" />
        <testcase name="c" classname=""><failure type="AssertionError" message="&gt;">…</failure></testcase>
        <testcase name="d" classname="group"><skipped message="TODO" /></testcase>
      </testsuite>
    </testsuites>`;
    assert.deepEqual(countTests(report), { passed: 2, failed: 1, skipped: 1, failures: ["c"] });
  });

  it("counts errors in pytest's report as failures", () => {
    const report = `<testsuites name="pytest tests"><testsuite name="pytest" errors="1" tests="2">
      <testcase classname="test_a" name="test_one" time="0.001" />
      <testcase classname="test_a" name="test_two"><error message="setup">…</error></testcase>
    </testsuite></testsuites>`;
    assert.deepEqual(countTests(report), {
      passed: 1,
      failed: 1,
      skipped: 0,
      failures: ["test_two"],
    });
  });
});

describe("ofFailed()", () => {
  const said = `bun test v1

tests/unit/a_test.ts:
(pass) one [1.00ms]
said by a

tests/unit/b_test.ts:
(pass) two [1.00ms]
AssertionError: 1 !== 2
(fail) three [2.00ms]

tests/leak/c_test.ts:
(pass) four [1.00ms]
`;

  it("leaves out files in which all passed, and the lines of what passed", () => {
    assert.equal(
      ofFailed(`${said}
tests/leak/d_test.ts:

 3 pass
 1 fail
`),
      `tests/unit/b_test.ts:
AssertionError: 1 !== 2
(fail) three [2.00ms]

tests/leak/d_test.ts:

 3 pass
 1 fail
`,
    );
  });

  it("keeps the last words of a runner that died", () => {
    assert.equal(
      ofFailed(`${said}panic: Segmentation fault\n`).split("\n\n").at(-1),
      "tests/leak/c_test.ts:\npanic: Segmentation fault\n",
    );
  });

  it("keeps all that is said of one file", () => {
    const one = "running 1 test from ./a_test.ts\none ... FAILED (1ms)\n";
    assert.equal(ofFailed(`two ... ok (1ms)\n${one}`), one);
  });
});
