"""A module of TypeScript, which needs a host: see symphony_quest. Its types stand in the stub beside this file."""

raise ModuleNotFoundError("_symphony_quest is a module of TypeScript; import symphony_quest", name="_symphony_quest")
