/**
 * Collects what passed and failed, and prints the table and the last line that CI reads.
 * @module
 */

/** One row for each thing that ran. */
export class Tally {
  #rows = [];

  /** Adds a row: counts, the time it took, and what is to be said about it. */
  add(name, { passed = 0, failed = 0, skipped = 0, seconds = 0, note = "", failures = [] }) {
    this.#rows.push({ name, passed, failed, skipped, seconds, note, failures });
  }

  /** Adds a check that is one test by itself. */
  addCheck(name, { ok, seconds = 0, note = "" }) {
    this.add(name, { passed: ok ? 1 : 0, failed: ok ? 0 : 1, seconds, note });
  }

  /** Prints everything, `N passed, M failed` last, and returns the exit code. */
  finish() {
    const sum = { passed: 0, failed: 0, skipped: 0 };
    const width = Math.max(8, ...this.#rows.map((row) => row.name.length));
    console.log(`\n${"".padEnd(width)}  passed  failed  skipped  seconds`);
    for (const row of this.#rows) {
      for (const key of Object.keys(sum)) sum[key] += row[key];
      console.log(
        row.name.padEnd(width) + cell(row.passed, 8) + cell(row.failed, 8) + cell(row.skipped, 9) +
          cell(row.seconds.toFixed(1), 9) + (row.note ? `  ${row.note}` : ""),
      );
    }
    // Once more, where they are seen: what failed is far up, or in a part of the output that is not kept.
    for (const { name, failures } of this.#rows) {
      for (const failure of failures) console.log(`failed: ${name}: ${failure}`);
    }
    const skipped = sum.skipped ? `, ${sum.skipped} skipped` : "";
    console.log(`\n${sum.passed} passed, ${sum.failed} failed${skipped}`);
    return sum.failed > 0 || sum.passed === 0 ? 1 : 0;
  }
}

function cell(value, width) {
  return String(value).padStart(width);
}
