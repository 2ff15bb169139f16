"""A module of TypeScript, which needs a host: see the error below. Its types stand in the stub beside this file."""

raise ImportError(
    "symphony_bridge is a module of TypeScript and needs its host, a program on Deno or Bun that starts Python:\n\n"
    "    import { startPython } from 'pyduet';\n"
    "    import { installSymphony } from 'pyduet/symphony';\n"
    "    const py = startPython();\n"
    "    installSymphony(py);\n"
    "    py.runFile('script.py');  // and there: import symphony_bridge\n",
    name="symphony_bridge",
)
