import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef, isPyObject, type PyValue } from "../../mod.ts";
import { BusError, Message, MessageError } from "../../src/symphony/mod.ts";
import { body, create, importAll, shownByPython, withShared } from "../fixtures/ipc_python.ts";
import { evaluate, py, test } from "../fixtures/python.ts";

describe("symphony_ipc", () => {
  test("runs the example word for word", () =>
    withShared(async () => {
      await py.runAsync(
        `
from symphony_ipc import IPCBus, Message
bus = IPCBus()
message = Message.builder().message_type("Request").payload({"a": 1}).build()
await bus.send(message)
`,
        { globals: {} },
      );
    }));

  test("runs the example in an async function, and the host takes the message", () =>
    withShared(async (bus) => {
      const { promise, resolve } = Promise.withResolvers<Message>();
      bus.register("host", resolve);
      assert.equal(
        await body(`
from symphony_ipc import IPCBus, Message
bus = IPCBus()
message = Message.builder().message_type("Request").payload({"a": 1}).build()
await bus.send(message)
return message.payload`),
        "{'a': 1}",
      );
      const message = await promise;
      assert.deepEqual([message.header.source, message.header.target], ["python", "*"]);
      assert.deepEqual((message.payload as PyValue).$.toJs(), { a: 1 });
    }));

  test("create_message() makes a message in one call", () => {
    const cases: [string, string][] = [
      [
        "m = create_message('Event', 5)\nstr(m.header.message_type), m.payload, m.header.source, m.header.target",
        "('Event', 5, 'python', '*')",
      ],
      [
        "m = create_message(MessageType.ERROR, target='x', source='y', priority=7)\nm.payload, m.header.target, m.header.source, m.header.priority",
        "(None, 'x', 'y', Priority.Custom(7))",
      ],
      [
        "create_message('Request', priority=Priority.HIGH).header.priority is Priority.HIGH",
        "True",
      ],
      [
        "create_message('x')",
        'MessageError: there is no message type "x"; there are Request, Response, Event, Error, Heartbeat',
      ],
      [
        "create_message()",
        "TypeError: create_message() missing 1 required positional argument: 'message_type'",
      ],
    ];
    for (const [code, wanted] of cases) assert.equal(shownByPython(code), wanted);
  });
});

describe("the messages of Python", () => {
  test("are what TypeScript has", () => {
    const cases: [string, string][] = [
      [
        "MessageType.REQUEST.name, MessageType.of('Event') is MessageType.EVENT, MessageType.REQUEST.expects_response(), MessageType.EVENT.expects_response(), MessageType.EVENT.description, MessageType.ERROR, str(MessageType.ERROR), len(MessageType.all())",
        "('Request', True, True, False, 'Tells what happened', MessageType.ERROR, 'Error', 5)",
      ],
      ["MessageType()", "TypeError: cannot create 'symphony_ipc.MessageType' instances"],
      [
        "p = Priority.custom(7)\np.level, p.is_system_level(), Priority.LOW.is_system_level(), Priority.custom(100) is Priority.HIGH, p == Priority.custom(7), p != Priority.LOW, {p: 1}[Priority.custom(7)], str(p), int(p)",
        "(7, False, True, True, True, True, 1, 'Custom(7)', 7)",
      ],
      [
        "sorted([Priority.HIGH, Priority.BACKGROUND, Priority.custom(3), Priority.CRITICAL])",
        "[Priority.Background(-1000), Priority.Custom(3), Priority.High(100), Priority.Critical(1000)]",
      ],
      [
        "Priority.LOW < Priority.HIGH, Priority.LOW <= Priority.LOW, Priority.LOW > Priority.HIGH, Priority.LOW >= Priority.HIGH, Priority.LOW == 1",
        "(True, True, False, False, False)",
      ],
      [
        "Priority.custom(2**31)",
        "MessageError: a priority must be a whole number from -2147483648 to 2147483647, not 2147483648",
      ],
      [
        "v = ProtocolVersion(1, 2)\nv.major, v.minor, str(v), v, v.is_compatible(ProtocolVersion.CURRENT), v == ProtocolVersion(1, 2), hash(v) == hash(ProtocolVersion(1, 2)), ProtocolVersion.CURRENT == v",
        "(1, 2, '1.2', ProtocolVersion(1, 2), True, True, True, False)",
      ],
      [
        "h = MessageHeader('Event').with_ttl(datetime.timedelta(seconds=2)).with_priority(5).with_correlation_id(uuid.UUID(int=5))\nh.ttl, h.priority.level, h.correlation_id, h.source, h.target, h.is_expired(), type(h.age()).__name__, h.timestamp.tzinfo is not None",
        "(datetime.timedelta(seconds=2), 5, '00000000-0000-0000-0000-000000000005', 'python', '*', False, 'timedelta', True)",
      ],
      [
        "m = Message(MessageHeader('Event'), [1])\nm.payload, m == m.clone(), hash(m) == hash(m.clone()), m == 1, m == Message(m.header, [1]), m == Message(m.header, [2])",
        "([1], True, True, False, True, False)",
      ],
      ["import copy\nm = create_message('Event', {})\ncopy.copy(m).payload is m.payload", "True"],
      [
        "m = create_message('Event').with_metadata('k', {'a': 1})\nm.metadata, m.get_metadata('k'), m.get_metadata('x'), m.get_metadata('x', 3)",
        "({'k': {'a': 1}}, {'a': 1}, None, 3)",
      ],
      ["create_message('Event', 4).map_payload(lambda n: n * 2).payload", "8"],
      [
        "r = create_message('Request', target='t').reply([1])\nstr(r.header.message_type), r.header.source, r.header.target, r.payload",
        "('Response', 't', 'python', [1])",
      ],
      [
        "r = create_message('Request').failure(KeyError('k'))\nr.header.source, r.payload",
        "('python', {'name': 'KeyError', 'message': \"'k'\"})",
      ],
      [
        "b = MessageBuilder().message_type(MessageType.EVENT).source('s').target('t').correlation_id(str(uuid.UUID(int=1)))\nb = b.ttl(datetime.timedelta(milliseconds=1)).priority(Priority.LOW).version(ProtocolVersion.CURRENT).payload(None).metadata('k', 1)\nm = b.build()\nm.payload, m.header.ttl, m.metadata, b.build() == m",
        "(None, datetime.timedelta(microseconds=1000), {'k': 1}, False)",
      ],
      [
        "repr(create_message('Event')).replace(create_message('Event').id, '')[:15]",
        "'<Message Event '",
      ],
    ];
    for (const [code, wanted] of cases) assert.equal(shownByPython(code), wanted, code);
  });

  test("refuse what no message can be", () => {
    const told = (code: string) =>
      shownByPython(
        `try:\n    ${code}\nexcept MessageError as e:\n    got = e.kind, e.field, e.category(), e.is_recoverable(), str(e), isinstance(e, Exception)\ngot`,
      );
    assert.equal(
      told("Message.builder().payload(1).build()"),
      "('MissingField', 'message_type', 'validation', True, 'the message has no message_type', True)",
    );
    assert.equal(
      told("Message.builder().source('a b')"),
      "('InvalidEndpointId', 'source', 'validation', True, 'source must be a text of 1 to 255 characters without " +
        'white space, not "a b"\', True)',
    );
    assert.equal(
      told("raise MessageError('TtlExpired', 'mine')"),
      "('TtlExpired', None, 'expiration', False, 'mine', True)",
    );
    assert.equal(
      told("Message.from_bytes(b'{}')"),
      "('MissingField', 'header', 'validation', True, 'the message has no header', True)",
    );
    assert.match(
      shownByPython("Message.builder().payload()"),
      /^TypeError: (MessageBuilder\.)?payload\(\) missing 1 required positional argument: 'payload'$/,
    );
  });

  test("cross as bytes, whole numbers of any size and all text with them", () => {
    const again = (payload: string) =>
      shownByPython(`Message.from_bytes(create_message('Event', ${payload}).to_bytes()).payload`);
    for (
      const payload of [
        "{'a': [1, None, True]}",
        "18446744073709551616",
        "1.5",
        "'\\ud83d\\x00'",
        "[]",
        "[[1], {}]",
      ]
    ) {
      assert.equal(again(payload), payload);
    }
    assert.equal(again("(1, 2)"), "[1, 2]");
    assert.equal(
      again("{'a': [float('nan')]}"),
      "MessageError: payload.a[0] is NaN, which JSON cannot hold",
    );
    assert.equal(
      again("b'x'"),
      "MessageError: payload is bytes, which JSON cannot hold; write them as text, such as base64",
    );
    const objects = [
      ["object()", /^MessageError: payload is <object object at 0x\w+>, which JSON cannot hold$/],
      [
        "{'a': [1, {'b c': print}]}",
        /^MessageError: payload\.a\[1\]\["b c"\] is <built-in function print>, which JSON cannot hold$/,
      ],
    ] as const;
    for (const [payload, wanted] of objects) assert.match(again(payload), wanted);
    assert.equal(
      again("[{1}]"),
      "MessageError: payload[0] is of the class Set, which JSON cannot hold; use [...set], or in Python a list",
    );
    const aware = "datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)";
    assert.equal(
      again(`[${aware}, {'at': ${aware}}]`),
      "['2026-01-02T00:00:00.000Z', {'at': '2026-01-02T00:00:00.000Z'}]",
    );
    assert.equal(again(aware), "'2026-01-02T00:00:00.000Z'");
    const ttl = "create_message('Event').header.with_ttl(datetime.timedelta(days=999999998))";
    assert.equal(
      shownByPython(`Message.from_bytes(Message(${ttl}, 1).to_bytes()).header.ttl.days`),
      "999999998",
    );
    const message = create("Event", { a: 1 });
    assert.equal(
      shownByPython("Message.from_bytes(m.to_bytes()) == m, m.payload", { m: message }),
      "(True, {'a': 1})",
    );
    const [bytes, id] = evaluate(
      importAll + "m = create_message('Event', {'ü': [1]})\nm.to_bytes(), m.id",
    ).$.toJs();
    const read = Message.fromBytes(bytes);
    assert.deepEqual([read.id, read.payload], [id, { ü: [1] }]);
  });

  test("carry what is alive, as it is", () => {
    class Live {}
    const live = new Live();
    assert.equal(evaluate("m.payload", { m: create("Event", live) }), live);
    const list = evaluate("[1]");
    const made = evaluate(importAll + "create_message('Event', value)", { value: list }) as Message;
    assert.ok(made instanceof Message);
    assert.ok(isPyObject(made.payload) && made.payload.$.is(list));
    assert.equal(evaluate("m.payload is value", { m: made, value: list }), true);
    const map = new Map([[1, 2]]);
    assert.equal(evaluate("m.payload", { m: create("Event", byRef(map)) }), map);
  });
});

describe("MessageError and BusError", () => {
  test("keep their identity through the other language", () => {
    const error = new BusError("NoRouteFound", "mine");
    const raise = (): never => {
      throw error;
    };
    assert.equal(
      shownByPython("try:\n    fail()\nexcept BusError as e:\n    got = e.kind, e is error\ngot", {
        fail: raise,
        error,
      }),
      "('NoRouteFound', True)",
    );
    assert.throws(() => evaluate("raise error", { error }), error);
    assert.throws(
      () => evaluate(importAll + "raise MessageError('UuidParse', 'x')"),
      (thrown) => thrown instanceof MessageError && thrown.kind === "UuidParse",
    );
  });
});
