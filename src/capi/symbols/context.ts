/**
 * context.h: table of `contextvars`. Bound at first use.
 * @module
 */

import type { Pointer } from "../../ffi/backend.ts";
import type { New, Ref } from "../reference.ts";
import { c, type CSymbol } from "./table.ts";

/** Contexts of the calling thread. */
export const CONTEXT: {
  PyContext_CopyCurrent: CSymbol<() => New | null>;
  PyContext_Copy: CSymbol<(context: Ref) => New | null>;
  /** A context is entered once at a time. */
  PyContext_Enter: CSymbol<(context: Ref) => number>;
  PyContext_Exit: CSymbol<(context: Ref) => number>;
  /** `*value` is a new reference; null where the variable is not set and there is no other value. */
  PyContextVar_Get: CSymbol<(variable: Ref, otherwise: Ref | null, value: Pointer) => number>;
} = {
  PyContext_CopyCurrent: c(":p"),
  PyContext_Copy: c("p:p"),
  PyContext_Enter: c("p:i"),
  PyContext_Exit: c("p:i"),
  PyContextVar_Get: c("ppp:i"),
};
