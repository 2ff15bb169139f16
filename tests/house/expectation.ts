/**
 * The checks that `checked_program.ts` puts into a program. Each names the line of the document.
 * @module
 */
import assert from "node:assert/strict";
import { format, inspect } from "node:util";

/** The value is what the comment says: equal in depth to a literal, else shown in the same words. */
export function expectValue(
  line: number,
  claim: string,
  literal: (() => unknown) | null,
  actual: unknown,
): void {
  if (literal === null) {
    return expectText(line, claim, inspect(actual, { breakLength: Infinity, depth: 10 }));
  }
  try {
    assert.deepStrictEqual(actual, literal());
  } catch {
    assert.fail(`line ${line} says ${claim}, but the value is ${inspect(actual)}`);
  }
}

/** What console.log prints of the arguments is what the comment says. */
export function expectPrinted(line: number, claim: string, values: readonly unknown[]): void {
  console.log(...values);
  expectText(line, claim, format(...values));
}

/** The statement throws an error whose name and message begin as the comment says. */
export function expectThrown(line: number, claim: string, body: () => void): void {
  try {
    body();
  } catch (error) {
    return expectError(line, claim, error);
  }
  assert.fail(`line ${line} says that it throws ${claim}, but nothing was thrown`);
}

/** The same for a statement that awaits. */
export async function expectThrownAsync(
  line: number,
  claim: string,
  body: () => Promise<void>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    return expectError(line, claim, error);
  }
  assert.fail(`line ${line} says that it throws ${claim}, but nothing was thrown`);
}

function expectError(line: number, claim: string, error: unknown): void {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
  if (!said.startsWith(claim.replace(/\s*…$/, ""))) {
    assert.fail(`line ${line} says that it throws ${claim}, but it threw ${said}`);
  }
}

function expectText(line: number, claim: string, actual: string): void {
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  if (plain(actual) !== plain(claim)) {
    assert.fail(`line ${line} says ${claim}, but it is ${plain(actual)}`);
  }
}
