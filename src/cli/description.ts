/**
 * What Python tells of a module (`python/pyduet/_describe.py`), as it arrives.
 * @module
 */

/** A type of Python. */
export type TypeNode =
  | { is: "any" | "object" | "never" | "self" }
  | { is: "scalar"; name: "int" | "float" | "str" | "bytes" | "bool" | "None" }
  | { is: "literal"; value: string | number | boolean }
  | { is: "class"; module: string; name: string; args: TypeNode[] }
  | { is: "type"; of: TypeNode }
  | { is: "union"; of: TypeNode[] }
  | { is: "tuple"; items: TypeNode[]; rest: TypeNode | null }
  | { is: "callable"; params: TypeNode[] | null; returns: TypeNode }
  | { is: "variable"; name: string }
  | { is: "arrays"; of: TypeNode };

/** A parameter. */
export interface Parameter {
  name: string;
  kind: "positional" | "both" | "keyword" | "args" | "kwargs";
  type: TypeNode;
  optional: boolean;
}

/** One way to call a function. */
export interface Signature {
  params: Parameter[];
  returns: TypeNode;
  variables: { name: string; bound: TypeNode | null }[];
}

/** A member of a class. */
export type Member =
  | { kind: "method"; name: string; doc: string | null; signatures: Signature[] }
  | { kind: "property"; name: string; doc: string | null; type: TypeNode; writable: boolean };

/** A class. */
export interface ClassItem {
  kind: "class";
  name: string;
  /** Module and name where it is at home. */
  home: [string, string];
  doc: string | null;
  params: string[];
  bases: TypeNode[];
  construct: Signature[];
  call: Signature[];
  members: Member[];
  statics: Member[];
  /** It has attributes of any name. */
  open: boolean;
  enum: boolean;
  /** Python has it at run time; some classes are made up by stub files. */
  real: boolean;
}

/** A name of a module. */
export type Item =
  | ClassItem
  | { kind: "function"; name: string; doc: string | null; signatures: Signature[] }
  | { kind: "value"; name: string; doc: string | null; type: TypeNode }
  | { kind: "module"; name: string; module: string }
  | { kind: "alias"; name: string; module: string; of: string };

/** A module. */
export interface ModuleDescription {
  name: string;
  /** From what it was read, in words. */
  origin: string;
  /** Of the package and of Python. */
  version: string;
  doc: string | null;
  items: Item[];
  /** Classes that its signatures name, and that no module shows. */
  foreign: ClassItem[];
}

/** What the modules are. */
export interface Description {
  modules: ModuleDescription[];
  /** Modules that cannot be imported, with Python's error. */
  failed: Record<string, string>;
  /** Of each protocol which of JavaScript's own values fit, and whether it is for objects. */
  protocols: Record<string, { kinds: string[]; object: boolean }>;
}
