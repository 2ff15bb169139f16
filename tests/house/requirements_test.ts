import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

const ROOT = path.join(import.meta.dirname ?? ".", "..", "..");
const TABLE = "tests/symphony/README.md";

/** The rows of the tables: the name of each, and what is named as showing it. */
function rows(): { id: string; shown: string }[] {
  const text = fs.readFileSync(path.join(ROOT, TABLE), "utf8");
  return text.split("\n").filter((line) => /^\| (S\d-|P\d|R-)/.test(line)).map((line) => {
    const [, id = "", , shown = ""] = line.split(" | ").join("|").split("|").map((cell) =>
      cell.trim()
    );
    return { id, shown };
  });
}

describe(TABLE, () => {
  it("names files and tests that exist", () => {
    const wrong: string[] = [];
    for (const { id, shown } of rows()) {
      const parts = shown.split(";").map((part) => part.trim());
      for (const part of parts) {
        const file = /^`([^`]+)`|^(\S+\.md)/.exec(part)?.slice(1).find(Boolean);
        const title = /"([^"]+)"/.exec(part)?.[1];
        if (file === undefined) {
          if (!/^rows? /.test(part)) wrong.push(`${id}: names no file: ${part}`);
        } else if (!fs.existsSync(path.join(ROOT, file))) {
          wrong.push(`${id}: there is no ${file}`);
        } else if (title && !fs.readFileSync(path.join(ROOT, file), "utf8").includes(title)) {
          wrong.push(`${id}: ${file} has no ${JSON.stringify(title)}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("has each row once", () => {
    const ids = rows().map(({ id }) => id);
    assert.ok(ids.length > 60, `${ids.length} rows`);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
  });
});
