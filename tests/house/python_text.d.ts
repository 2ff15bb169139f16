/** For tsc: a Python file imported as text. Deno and Bun know it by themselves. */
declare module "*.py" {
  const text: string;
  export default text;
}

/** The same of a stub. */
declare module "*.pyi" {
  const text: string;
  export default text;
}
