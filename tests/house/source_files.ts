/**
 * The project's own files, and what a TypeScript file of them says in code (comments left out).
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The project's folder. */
export const ROOT: string = path.dirname(
  path.dirname(path.dirname(fileURLToPath(import.meta.url))),
);

const OURS = ["mod.ts", "src", "python", "tests", "bench", "examples"];
const NOT_OURS = /(^|\/)(__pycache__|node_modules|out|results|fixtures\/data)(\/|$)/;

/** Every file of ours with one of these endings, relative to the project, with forward slashes. */
export function ourFiles(...endings: string[]): string[] {
  const files: string[] = [];
  for (const entry of OURS) {
    const full = path.join(ROOT, entry);
    if (!fs.existsSync(full)) continue;
    if (fs.statSync(full).isFile()) {
      files.push(entry);
      continue;
    }
    for (const name of fs.readdirSync(full, { recursive: true }) as string[]) {
      files.push(`${entry}/${name.replaceAll("\\", "/")}`);
    }
  }
  return files.filter((file) => endings.some((end) => file.endsWith(end)) && !NOT_OURS.test(file))
    .sort();
}

/** The text of a file of the project. */
export function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), "utf8");
}

/** What a file imports or re-exports, as written; `import type` and `import("…")` included. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((found) => found.fileName);
}

/** The identifiers and texts of a file's code, each with its line. */
export function wordsOf(text: string): { word: string; line: number }[] {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, false);
  const words: { word: string; line: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node) || isTemplatePart(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      words.push({ word: node.text, line: line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return words;
}

function isTemplatePart(node: ts.Node): node is ts.TemplateLiteralLikeNode {
  return ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
}
