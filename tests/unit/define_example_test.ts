import assert from "node:assert/strict";
import { describe } from "node:test";
import { pyClass, pyEnum, pyFunction, pyModule, t } from "../../mod.ts";
import { outcome } from "../fixtures/twins.ts";
import { forGood, py, test } from "../fixtures/python.ts";

describe("the example of the documentation", () => {
  class Message {
    readonly messageType: string;
    readonly payload: unknown;
    constructor(messageType: string, payload: unknown) {
      this.messageType = messageType;
      this.payload = payload;
    }
  }
  const MessageType = pyEnum("MessageType", { Request: "Request", Response: "Response" });
  class IPCBus {
    readonly sent: unknown[] = [];
    send(message: unknown): number {
      return this.sent.push(message);
    }
  }

  const createMessage = pyFunction("create_message", {
    doc: "Create a message.",
    params: { message_type: t.str, payload: t.any.default(null) },
    returns: t.instance(Message),
  }, (messageType, payload) => new Message(messageType, payload));

  forGood(() => py.toPython(MessageType));

  test("runs as it is written", () => {
    const leave = py.register(
      pyModule("symphony_ipc", { doc: "…", members: [createMessage, MessageType, IPCBus] }),
    );
    try {
      const message = py.run("import symphony_ipc; symphony_ipc.create_message('Request')");
      assert.ok(message instanceof Message);
      assert.strictEqual(message.messageType, "Request");
      assert.strictEqual(message.payload, null);
      const cases: Record<string, string> = {
        "symphony_ipc.create_message()":
          "raises TypeError: create_message() missing 1 required positional argument: 'message_type'",
        "symphony_ipc.create_message(5)":
          "raises TypeError: create_message() argument 'message_type' must be str, not int",
        "symphony_ipc.create_message('a', 1, 2)":
          "raises TypeError: create_message() takes from 1 to 2 positional arguments but 3 were given",
        "symphony_ipc.create_message('a', load=1)":
          "raises TypeError: create_message() got an unexpected keyword argument 'load'",
        "symphony_ipc.create_message(payload={'a': 1}, message_type='Event').payload":
          "dict {'a': 1}",
        "import inspect\nstr(inspect.signature(symphony_ipc.create_message))":
          "str '(message_type: str, payload=None)'",
        "symphony_ipc.create_message.__doc__": "str 'Create a message.'",
        "symphony_ipc.MessageType('Request').name": "str 'Request'",
        "symphony_ipc.__doc__": "str '\\u2026'",
      };
      const got = Object.fromEntries(
        Object.keys(cases).map((code) => [code, outcome(`import symphony_ipc\n${code}`)]),
      );
      assert.deepStrictEqual(got, cases);
    } finally {
      leave();
      py.run("globals().pop('symphony_ipc', None)");
    }
  });
});

describe("a module of a few lines", () => {
  // The seed, in ten lines.
  class Message {
    metadata: Record<string, string> = {};
    constructor(readonly messageType: string, readonly payload: unknown) {}
  }
  const PyMessage = pyClass(Message, {
    init: { message_type: t.str, payload: t.any.default(null) },
    properties: { messageType: t.str, payload: t.any, metadata: t.dict(t.str, t.str) },
  });
  const createMessage = pyFunction("create_message", {
    params: { message_type: t.str, payload: t.any.default(null) },
    returns: t.instance(Message),
  }, (type, payload) => new Message(type, payload));
  const module = pyModule("symphony_ipc", { members: [PyMessage, createMessage] });

  forGood(() => py.register(module)());

  test("gives Python a class and a function that makes it", () => {
    const leave = py.register(module);
    try {
      const cases: Record<string, string> = {
        "create_message('Request').message_type": "str 'Request'",
        "create_message('Request', payload=[1]).payload": "list [1]",
        "isinstance(create_message('Request'), Message)": "bool True",
        "m = Message('Event')\nm.metadata = {'a': 'b'}\nm.metadata": "dict {'a': 'b'}",
        "Message.__module__": "str 'symphony_ipc'",
        "import inspect\nstr(inspect.signature(create_message))":
          "str '(message_type: str, payload=None) -> symphony_ipc.Message'",
      };
      const got = Object.fromEntries(
        Object.keys(cases).map((code) => [code, outcome(`from symphony_ipc import *\n${code}`)]),
      );
      assert.deepStrictEqual(got, cases);
    } finally {
      leave();
    }
  });
});
