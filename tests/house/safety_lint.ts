/**
 * A plugin for `deno lint`: every unsafe step in `src` carries a comment that begins with `SAFETY:`
 * and says what keeps the memory alive, or why the state of the interpreter is right. The comment
 * stands before the statement that holds the step, or before a function around it.
 * @module
 */

/** Functions that take stolen references, raw memory or the interpreter's own state. */
const UNSAFE_FUNCTIONS = new Set([
  ...["PyList_SetItem", "PyTuple_SetItem"],
  ...["PyErr_Restore", "PyErr_SetRaisedException"],
  ...["PyEval_SaveThread", "PyEval_RestoreThread", "PyGILState_Ensure", "PyGILState_Release"],
  "Py_FinalizeEx",
  ...["memcpy", "mmap", "mprotect"],
  // The runtimes' own.
  ...["dlopen", "toArrayBuffer"],
]);

/** What is made with `new`, or whose static functions are called. */
const UNSAFE_CLASS = /^Unsafe[A-Z]|^JSCallback$/;

/** Escapes of our own are called so. */
const UNSAFE_NAME = /^unsafe[A-Z0-9_]/;

const REASON = /SAFETY:\s*\S/;

type Node = Deno.lint.Node;

const plugin: Deno.lint.Plugin = {
  name: "safety",
  rules: {
    "reason": {
      create(context) {
        const file = context.filename.replaceAll("\\", "/");
        if (!/(^|\/)src\//.test(file)) return {};
        const check = (node: Node, name: string | null): void => {
          if (name === null || isExplained(context.sourceCode, node)) return;
          context.report({
            node,
            message: `${name} is an unsafe step without a reason`,
            hint: "Write // SAFETY: before the statement or its function, and what makes it right.",
          });
        };
        return {
          CallExpression: (node) => check(node, unsafeCall(node, file.includes("src/ffi/"))),
          NewExpression: (node) => {
            const name = lastName(node.callee);
            check(node, UNSAFE_CLASS.test(name) ? `new ${name}()` : null);
          },
          Identifier: (node) => check(node, isUnsafeUse(node) ? node.name : null),
        };
      },
    },
  },
};
export default plugin;

function unsafeCall(node: Deno.lint.CallExpression, inFfi: boolean): string | null {
  const name = lastName(node.callee);
  if (UNSAFE_FUNCTIONS.has(name)) return `${name}()`;
  const owner = node.callee.type === "MemberExpression" ? lastName(node.callee.object) : "";
  if (UNSAFE_CLASS.test(owner)) return `${owner}.${name}()`;
  // `read.ptr(address)` and its like read whatever is there.
  return inFfi && owner === "read" ? `${owner}.${name}()` : null;
}

/** `c` for `a.b.c`, `a["c"]` and `c`; empty for anything else. */
function lastName(node: Deno.lint.Node): string {
  switch (node.type) {
    case "Identifier":
      return node.name;
    case "MemberExpression":
      return node.property.type === "Literal"
        ? String(node.property.value)
        : lastName(node.property);
    case "TSNonNullExpression":
    case "TSAsExpression":
      return lastName(node.expression);
    default:
      return "";
  }
}

/** Whether a name that begins with `unsafe` is used here, not declared, imported or only a type. */
function isUnsafeUse(node: Deno.lint.Identifier): boolean {
  const parent = parentOf(node);
  if (parent === undefined || !UNSAFE_NAME.test(node.name)) return false;
  switch (parent.type) {
    case "MemberExpression":
      return true;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      // Its own name, or a parameter; the body of an arrow function is a use.
      return parent.body === node;
    case "VariableDeclarator":
      return parent.init === node;
    case "Property":
      // `{ unsafeX }` uses the variable, `{ unsafeX: … }` only names a property.
      return parent.shorthand ? parentOf(parent)?.type !== "ObjectPattern" : parent.value === node;
    default:
      return !/^(Import|Export|TS|MethodDefinition|PropertyDefinition|AssignmentPattern|RestElement)/
        .test(parent.type) ||
        /^TS(AsExpression|NonNullExpression|SatisfiesExpression)$/.test(parent.type);
  }
}

/** Climbs from the step to its statement, and on to the functions around it. */
function isExplained(source: Deno.lint.SourceCode, step: Node): boolean {
  let belowStatement = true;
  for (let node: Node | undefined = step; node; node = parentOf(node)) {
    const around = isFunction(node) || holdsFunction(node);
    if ((belowStatement || around) && hasReason(source, node)) return true;
    // A whole block, class or list of cases is too far away to be the reason of one step in it.
    if (isStatement(node) && !isExported(node)) belowStatement = false;
  }
  return false;
}

/** Whether one of the comments that end right before the node gives a reason. */
function hasReason(source: Deno.lint.SourceCode, node: Node): boolean {
  // Not getCommentsBefore(): it also returns those that stand before earlier statements.
  let start = node.range[0];
  for (const comment of source.getAllComments().toReversed()) {
    if (comment.range[1] > start) continue;
    if (source.text.slice(comment.range[1], start).trim() !== "") return false;
    if (REASON.test(comment.value)) return true;
    start = comment.range[0];
  }
  return false;
}

function isFunction(node: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|MethodDefinition)$/
    .test(node.type);
}

/** `const f = () => …`, `{ f: () => … }`, `export function f` …: the comment stands before all of it. */
function holdsFunction(node: Node): boolean {
  switch (node.type) {
    case "VariableDeclaration":
      return node.declarations.length === 1 &&
        isFunction((node.declarations[0]?.init ?? node) as Node);
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
      return isFunction(node.declaration as Node) || holdsFunction(node.declaration as Node);
    case "Property":
    case "PropertyDefinition":
      return isFunction(node.value as Node);
    default:
      return false;
  }
}

function isStatement(node: Node): boolean {
  return /(Statement|Declaration)$/.test(node.type) || node.type === "PropertyDefinition";
}

function isExported(node: Node): boolean {
  return /^Export/.test(parentOf(node)?.type ?? "");
}

function parentOf(node: Node): Node | undefined {
  return "parent" in node ? node.parent as Node : undefined;
}
