/**
 * The fenced blocks of a Markdown text, and the programs that they make up.
 * @module
 */

/** One fenced block. */
export interface Block {
  /** The first word after the fence: `ts`, `sh`, `python` … */
  readonly language: string;
  /** What follows it: `no-run` with its reason, or `continues`. */
  readonly note: string;
  /** The line of its first line of text, counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** Consecutive blocks that are one program: the second and later ones are marked `continues`. */
export type Program = readonly [Block, ...Block[]];

/** Every fenced block of a Markdown text. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const fence = /^(`{3,})([^\n`]*)\n([\s\S]*?)^\1[ \t]*$/gm;
  for (const found of markdown.matchAll(fence)) {
    const [, , info = "", text = ""] = found;
    const [language = "", ...note] = info.trim().split(/\s+/);
    const line = markdown.slice(0, found.index).split("\n").length + 1;
    blocks.push({ language, note: note.join(" "), line, text });
  }
  return blocks;
}

/** Why a block is not run; `null` when it is. Throws when it is marked so without a reason. */
export function reasonNotToRun(block: Block): string | null {
  if (!block.note.startsWith("no-run")) return null;
  const reason = block.note.slice("no-run".length).trim();
  if (reason === "") throw new Error(`line ${block.line}: "no-run" wants a reason after it`);
  return reason;
}

/** The programs in one language; a block marked `continues` belongs to the program before it. */
export function programsOf(blocks: readonly Block[], language: string): Program[] {
  const programs: [Block, ...Block[]][] = [];
  for (const block of blocks) {
    if (block.language !== language || reasonNotToRun(block) !== null) continue;
    if (block.note !== "continues") {
      programs.push([block]);
      continue;
    }
    const before = programs.at(-1);
    if (before === undefined) throw new Error(`line ${block.line}: nothing to continue`);
    before.push(block);
  }
  return programs;
}
