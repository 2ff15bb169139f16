/**
 * Turns a program with expected results in comments into one that checks them.
 *
 * After an expression statement or a declaration of one name, a comment on the same line is a claim:
 *
 *     f(2);              // 4                    a literal: equal in depth
 *     const x = f(2);    // => array([1, 2])     after an arrow, anything: as console.log shows it
 *     console.log(x);    // 4                    after console.log, what is printed
 *     f("x");            // throws TypeError: …  the name and message begin so
 *
 * A remark may follow after two spaces or more. Other comments claim nothing.
 * @module
 */
import ts from "typescript";

/** A program, and how many claims of its comments it checks. */
export interface CheckedProgram {
  readonly text: string;
  readonly claims: number;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Rewrites `text`, leaving every line where it is. `expectation` is the module with the checks. */
export function checkedProgram(text: string, expectation: string): CheckedProgram {
  const source = ts.createSourceFile("block.ts", text, ts.ScriptTarget.Latest, true);
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    const edit = ts.isStatement(node) ? editFor(node, source) : null;
    if (edit) edits.push(edit);
    ts.forEachChild(node, visit);
  };
  visit(source);
  let checked = text;
  for (const { from, to, text } of edits.toSorted((a, b) => b.from - a.from)) {
    checked = checked.slice(0, from) + text + checked.slice(to);
  }
  const names = "{ expectPrinted, expectThrown, expectThrownAsync, expectValue }";
  const header = `import ${names} from ${JSON.stringify(expectation)}; `;
  return { text: header + checked, claims: edits.length };
}

function editFor(statement: ts.Statement, source: ts.SourceFile): Edit | null {
  const comment = trailingComment(statement, source);
  if (comment === null) return null;
  const line = source.getLineAndCharacterOfPosition(statement.getStart(source)).line + 1;
  const replace = (text: string): Edit => ({
    from: statement.getStart(source),
    to: statement.end,
    text,
  });
  const thrown = /^throws\s+(.+)$/.exec(comment)?.[1];
  if (thrown !== undefined) {
    const body = statement.getText(source);
    const where = `${line}, ${JSON.stringify(withoutRemark(thrown))}`;
    return replace(
      hasAwait(statement)
        ? `await expectThrownAsync(${where}, async () => { ${body} });`
        : `expectThrown(${where}, () => { ${body} });`,
    );
  }
  if (ts.isExpressionStatement(statement)) {
    const printed = printedArguments(statement.expression, source);
    if (printed !== null) {
      const shown = withoutRemark(comment.replace(/^=>\s*/, ""));
      return replace(`expectPrinted(${line}, ${JSON.stringify(shown)}, [${printed}]);`);
    }
    const claim = claimOf(comment, line);
    if (claim === null) return null;
    return replace(`expectValue(${claim}, (${statement.expression.getText(source)}));`);
  }
  const name = declaredName(statement);
  const claim = name === null ? null : claimOf(comment, line);
  if (claim === null) return null;
  return { from: statement.end, to: statement.end, text: ` expectValue(${claim}, ${name});` };
}

/** The comment after a statement, on the line on which the statement ends. */
function trailingComment(statement: ts.Statement, source: ts.SourceFile): string | null {
  const [comment] = ts.getTrailingCommentRanges(source.text, statement.end) ?? [];
  if (comment?.kind !== ts.SyntaxKind.SingleLineCommentTrivia) return null;
  return source.text.slice(comment.pos + 2, comment.end).trim();
}

/** The arguments of `expectValue` that stand for the claim; `null` when the comment is only a remark. */
function claimOf(comment: string, line: number): string | null {
  const arrow = comment.startsWith("=>");
  const whole = arrow ? comment.slice(2).trim() : comment;
  for (const claim of [whole, withoutRemark(whole)]) {
    if (isLiteral(claim)) return `${line}, ${JSON.stringify(claim)}, () => (${claim})`;
  }
  return arrow ? `${line}, ${JSON.stringify(withoutRemark(whole))}, null` : null;
}

function withoutRemark(text: string): string {
  return text.split(/\s{2,}/)[0] ?? "";
}

function printedArguments(node: ts.Expression, source: ts.SourceFile): string | null {
  if (!ts.isCallExpression(node) || node.expression.getText(source) !== "console.log") return null;
  return node.arguments.map((argument) => argument.getText(source)).join(", ");
}

function declaredName(statement: ts.Statement): string | null {
  if (!ts.isVariableStatement(statement)) return null;
  const [declaration, ...more] = statement.declarationList.declarations;
  if (declaration === undefined || more.length > 0) return null;
  return ts.isIdentifier(declaration.name) ? declaration.name.text : null;
}

function hasAwait(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  return ts.isAwaitExpression(node) ||
    (ts.forEachChild(node, (child) => hasAwait(child) || undefined) ?? false);
}

/** Whether a text is a value written out, so that it can be compared in depth. */
export function isLiteral(text: string): boolean {
  const source = ts.createSourceFile("claim.ts", `(${text}\n)`, ts.ScriptTarget.Latest, true);
  const [statement, ...more] = source.statements;
  if (statement === undefined || more.length > 0 || !ts.isExpressionStatement(statement)) {
    return false;
  }
  const { diagnostics } = ts.transpileModule(`(${text}\n)`, { reportDiagnostics: true });
  if ((diagnostics ?? []).length > 0) return false;
  return ts.isParenthesizedExpression(statement.expression) &&
    isLiteralNode(statement.expression.expression);
}

function isLiteralNode(node: ts.Node): boolean {
  if (ts.isLiteralExpression(node)) return true;
  if (ts.isIdentifier(node)) return ["undefined", "NaN", "Infinity"].includes(node.text);
  if (ts.isPrefixUnaryExpression(node)) return isLiteralNode(node.operand);
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isLiteralNode);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every((each) =>
      ts.isPropertyAssignment(each) && isLiteralNode(each.initializer)
    );
  }
  if (ts.isNewExpression(node)) {
    return /^(Map|Set|Date|\w+Array)$/.test(node.expression.getText()) &&
      (node.arguments ?? []).every(isLiteralNode);
  }
  return [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword]
    .includes(node.kind);
}
