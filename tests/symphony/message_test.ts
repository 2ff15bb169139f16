import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  Message,
  MessageBuilder,
  MessageError,
  type MessageErrorKind,
  MessageHeader,
  MessageType,
  newMessageId,
  parseMessageId,
  Priority,
  ProtocolVersion,
  SymphonyError,
} from "../../src/symphony/mod.ts";

const NOW = 1_700_000_000_000;

function made(...given: [payload?: unknown]): Message {
  const payload = given.length === 0 ? 1 : given[0];
  return Message.builder({ now: () => NOW })
    .messageType("Request").source("me").target("you").payload(payload).build();
}

/** The kind and the text of the MessageError that `act` throws. */
function refusal(act: () => unknown): [MessageErrorKind, string] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof MessageError, `threw ${String(error)}`);
    assert.ok(error instanceof SymphonyError);
    return [error.kind, error.message];
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

describe("MessageType", () => {
  it("has five types, of which a request alone expects an answer", () => {
    assert.deepEqual(
      MessageType.all().map((type) => [String(type), type.expectsResponse, type.description]),
      [
        ["Request", true, "Asks for an answer"],
        ["Response", false, "Answers a request"],
        ["Event", false, "Tells what happened"],
        ["Error", false, "Tells what went wrong"],
        ["Heartbeat", false, "Tells that the sender lives"],
      ],
    );
    for (const type of MessageType.all()) assert.equal(MessageType.of(type.name), type);
  });

  it("refuses another name", () => {
    assert.deepEqual(refusal(() => MessageType.of("request")), [
      "InvalidMessageType",
      'there is no message type "request"; there are Request, Response, Event, Error, Heartbeat',
    ]);
    assert.equal(refusal(() => MessageType.of("toString"))[0], "InvalidMessageType");
  });
});

describe("Priority", () => {
  it("has five levels with names, and custom ones", () => {
    assert.deepEqual(Priority.all().map(String), [
      ...["Critical(1000)", "High(100)", "Normal(0)", "Low(-100)", "Background(-1000)"],
    ]);
    assert.equal(Priority.custom(100), Priority.HIGH);
    assert.deepEqual([String(Priority.custom(7)), Priority.custom(7).isSystemLevel], [
      "Custom(7)",
      false,
    ]);
    assert.ok(Priority.LOW.isSystemLevel);
    assert.equal(made().header.priority, Priority.NORMAL);
  });

  it("is ordered as its levels are", () => {
    const level = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(fc.property(level, level, (a, b) => {
      const [x, y] = [Priority.custom(a), Priority.custom(b)];
      assert.equal(x < y, a < b);
      assert.equal(x >= y, a >= b);
      assert.equal(Math.sign(x.compare(y)), Math.sign(a - b));
      assert.equal(x.equals(y), a === b);
      assert.equal(x.level, a);
    }));
  });

  it("refuses what is no level", () => {
    const range = "a priority must be a whole number from -2147483648 to 2147483647, not ";
    for (const level of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN, Infinity]) {
      assert.deepEqual(refusal(() => Priority.custom(level)), ["InvalidPriority", range + level]);
    }
    assert.deepEqual(refusal(() => Priority.custom("1" as never)), [
      "InvalidPriority",
      range + '"1"',
    ]);
  });
});

describe("ProtocolVersion", () => {
  it("is compatible by its first number", () => {
    const { CURRENT } = ProtocolVersion;
    assert.equal(String(CURRENT), "1.0");
    assert.equal(ProtocolVersion.parse("1.0"), CURRENT);
    assert.ok(CURRENT.isCompatible(ProtocolVersion.parse("1.7")));
    assert.ok(!CURRENT.isCompatible(new ProtocolVersion(2, 0)));
    assert.ok(new ProtocolVersion(1, 7).equals(ProtocolVersion.parse("1.7")));
    assert.deepEqual(refusal(() => ProtocolVersion.parse("1")), [
      "InvalidProtocolVersion",
      'a protocol version is written as "1.0", not "1"',
    ]);
    assert.deepEqual(refusal(() => new ProtocolVersion(1, 65536)), [
      "InvalidProtocolVersion",
      "a protocol version is two whole numbers from 0 to 65535, not 65536",
    ]);
  });
});

describe("MessageError", () => {
  it("has a category by its kind, and says whether the sender can mend it", () => {
    const kinds: Record<MessageErrorKind, [string, boolean]> = {
      InvalidMessageType: ["validation", true],
      MissingField: ["validation", true],
      InvalidEndpointId: ["validation", true],
      InvalidPriority: ["validation", true],
      InvalidMetadataKey: ["validation", true],
      TtlExpired: ["expiration", false],
      InvalidProtocolVersion: ["compatibility", false],
      Serialization: ["serialization", true],
      UuidParse: ["parsing", false],
    };
    for (const [kind, [category, recoverable]] of Object.entries(kinds)) {
      const error = new MessageError(kind as MessageErrorKind, "text");
      assert.deepEqual([error.category(), error.isRecoverable()], [category, recoverable]);
    }
    assert.throws(() => new MessageError("toString" as never, ""), {
      message: 'MessageError has no kind "toString"',
    });
  });
});

describe("MessageBuilder", () => {
  it("build() needs type, source, target and payload", () => {
    const steps: [string, (builder: MessageBuilder) => unknown][] = [
      ["message_type", (b) => b.messageType("Event")],
      ["source", (b) => b.source("a")],
      ["target", (b) => b.target("b")],
      ["payload", (b) => b.payload(null)],
    ];
    const builder = Message.builder();
    for (const [name, step] of steps) {
      assert.deepEqual(refusal(() => builder.build()), [
        "MissingField",
        `the message has no ${name}`,
      ]);
      step(builder);
    }
    assert.equal(builder.build().payload, null);
  });

  it("sets every field, and gives each message an id of its own", () => {
    const correlation = newMessageId();
    const builder = new MessageBuilder({ now: () => NOW })
      .messageType(MessageType.Response).source("a").target("b").correlationId(correlation)
      .ttl(50).priority(7).version(new ProtocolVersion(1, 2)).payload({ x: 1 })
      .metadata("k", [1]).metadata("l", "m");
    const [one, two] = [builder.build(), builder.build()];
    assert.notEqual(one.id, two.id);
    const { header } = one;
    assert.deepEqual(
      [
        header.correlationId,
        header.ttl,
        header.timestamp,
        String(header.priority),
        String(header.version),
      ],
      [correlation, 50, NOW, "Custom(7)", "1.2"],
    );
    assert.deepEqual([...one.metadata], [["k", [1]], ["l", "m"]]);
    assert.equal(one.getMetadata("l"), "m");
    assert.equal(one.getMetadata("none"), undefined);
  });

  it("refuses what no field can be", () => {
    const b = Message.builder();
    const bad = (id: unknown) => refusal(() => b.source(id as string));
    assert.deepEqual(bad(""), [
      "InvalidEndpointId",
      'source must be a text of 1 to 255 characters without white space, not ""',
    ]);
    for (const id of ["a b", "a\n", "\0", "\ud800", "x".repeat(256), 3, null]) {
      assert.equal(bad(id)[0], "InvalidEndpointId");
    }
    assert.deepEqual(refusal(() => b.correlationId("x")), [
      "UuidParse",
      'correlation_id must be a UUID such as 6f1c2f0e-3d4b-4f6a-9c1d-2b7e8a9f0c3d, not "x"',
    ]);
    assert.deepEqual(refusal(() => b.metadata("", 1)), [
      "InvalidMetadataKey",
      'a key of metadata must be a text that is not empty, not ""',
    ]);
    const ttl = refusal(() => b.ttl(-1));
    assert.deepEqual(ttl, ["Serialization", "ttl must be a number of milliseconds from 0, not -1"]);
    assert.deepEqual(refusal(() => b.version("1.0" as unknown as ProtocolVersion)), [
      "InvalidProtocolVersion",
      'version must be a ProtocolVersion, not "1.0"',
    ]);
  });

  it("gives ids that are unique, of version 4", () => {
    const ids = Array.from({ length: 2000 }, () => made().id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) {
      assert.match(id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }
    assert.equal(parseMessageId(ids[0]!.toUpperCase()), ids[0]);
  });
});

describe("MessageHeader", () => {
  it("with…() gives another header and leaves the first", () => {
    const header = new MessageHeader("Event", "a", "b", { timestamp: NOW });
    const id = newMessageId();
    const other = header.withCorrelationId(id).withTtl(5).withPriority(Priority.HIGH);
    assert.deepEqual([other.correlationId, other.ttl, other.priority], [id, 5, Priority.HIGH]);
    assert.deepEqual([header.correlationId, header.ttl, header.priority], [
      null,
      null,
      Priority.NORMAL,
    ]);
    assert.equal(other.id, header.id);
    assert.ok(!other.equals(header));
    assert.ok(header.equals(header.with({})));
    assert.equal(header.date.getTime(), NOW);
  });

  it("isExpired() when it is older than its ttl", () => {
    const header = new MessageHeader("Event", "a", "b", { timestamp: NOW, ttl: 10 });
    assert.deepEqual([9, 10, 11].map((ms) => header.isExpired(NOW + ms)), [false, false, true]);
    assert.equal(header.age(NOW + 7), 7);
    assert.equal(header.age(NOW - 7), 0); // another machine's clock
    assert.ok(!new MessageHeader("Event", "a", "b", { timestamp: 0 }).isExpired(NOW));
  });
});

describe("Message", () => {
  it("is a value: what changes something gives another message", () => {
    const message = made({ a: [1] });
    const marked = message.withMetadata("k", 1);
    assert.deepEqual([message.metadata.size, marked.getMetadata("k")], [0, 1]);
    assert.deepEqual(message.mapPayload((payload) => [payload]).payload, [{ a: [1] }]);
    const copy = message.clone();
    assert.notEqual(copy, message);
    assert.equal(copy.payload, message.payload);
    assert.ok(copy.equals(message));
    assert.ok(made([1]).mapPayload(() => 1).equals(made(1)) === false, "another id");
    assert.ok(!message.equals(message.mapPayload(() => ({ a: [2] }))));
    assert.ok(!message.equals(marked));
    assert.ok(message.equals(message.mapPayload(() => ({ a: [1] }))));
    assert.ok(!message.equals(3));
  });

  it("reply() and failure() answer its sender", () => {
    const message = made().mapPayload(() => 2);
    const reply = message.reply("r");
    assert.deepEqual(
      [reply.header.messageType, reply.header.source, reply.header.target, reply.payload],
      [MessageType.Response, "you", "me", "r"],
    );
    assert.equal(reply.header.correlationId, message.id);
    assert.equal(reply.reply(1).correlation, message.id);
    const failure = message.failure(new RangeError("far"), "other");
    assert.equal(failure.header.messageType, MessageType.Error);
    assert.deepEqual([failure.payload, failure.header.source], [
      { name: "RangeError", message: "far" },
      "other",
    ]);
    assert.deepEqual(message.failure("text").payload, { name: "Error", message: "text" });
  });
});

/** Data that crosses as bytes and comes back the same. */
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "binary" }),
    fc.constant("\ud83d\0\u2028"),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
    fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 53n) }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe("toBytes() and fromBytes()", () => {
  it("give the same message again", () => {
    fc.assert(
      fc.property(
        data,
        fc.dictionary(fc.string({ minLength: 1 }), data, { noNullPrototype: true }),
        (payload, metadata) => {
          const builder = Message.builder().messageType("Event").source("a/ü").target("*")
            .priority(-5).ttl(1.5).correlationId(newMessageId()).payload(payload);
          for (const [key, value] of Object.entries(metadata)) builder.metadata(key, value);
          const message = builder.build();
          const again = Message.fromBytes(message.toBytes());
          assert.deepEqual(again.payload, message.payload);
          assert.ok(again.equals(message));
        },
      ),
    );
  });

  it("read a ttl of any length", () => {
    for (const ttl of [0, 0.001, 2 ** 53, 86_399_999_999_999_999, 1e300]) {
      const message = Message.builder().messageType("Event").source("a").target("b").payload(1).ttl(
        ttl,
      ).build();
      assert.equal(Message.fromBytes(message.toBytes()).header.ttl, ttl);
    }
  });

  it("write JSON that other programs read", () => {
    const message = made({ n: 1, big: 2n ** 64n, far: 1e20, negative: -0, left: undefined });
    const text = new TextDecoder().decode(message.toBytes());
    const { id } = message;
    assert.equal(
      text,
      `{"header":{"id":"${id}","correlation_id":null,"message_type":"Request","source":"me","target":"you",` +
        `"timestamp":${NOW},"ttl":null,"priority":0,"version":"1.0"},"payload":{"n":1,"big":18446744073709551616,` +
        `"far":100000000000000000000.0,"negative":-0.0},"metadata":{}}`,
    );
  });

  it("refuse what JSON cannot hold, with its place", () => {
    const round: Record<string, unknown> = {};
    round["self"] = round;
    const deeper = `payload${".self".repeat(6)}.…${
      ".self".repeat(3)
    } is deeper than 1000 levels, or contains itself`;
    const cases: [unknown, string][] = [
      [NaN, "payload is NaN, which JSON cannot hold"],
      [{ a: [1, -Infinity] }, "payload.a[1] is -Infinity, which JSON cannot hold"],
      [{ "a b": NaN }, 'payload["a b"] is NaN, which JSON cannot hold'],
      [undefined, "payload is undefined, which JSON has not; use null"],
      [[undefined], "payload[0] is undefined, which JSON has not; use null"],
      [() => 1, "payload is a function, which JSON cannot hold"],
      [{ s: Symbol("x") }, "payload.s is a symbol, which JSON cannot hold"],
      [
        new Map(),
        "payload is of the class Map, which JSON cannot hold; use Object.fromEntries(map), or in Python keys " +
        "that are str",
      ],
      [
        [new Set()],
        "payload[0] is of the class Set, which JSON cannot hold; use [...set], or in Python a list",
      ],
      [
        Promise.resolve(),
        "payload is of the class Promise, which JSON cannot hold; await it first",
      ],
      [new Error("x"), "payload is of the class Error, which JSON cannot hold"],
      [
        new Uint8Array(1),
        "payload is bytes, which JSON cannot hold; write them as text, such as base64",
      ],
      [new Date(NaN), "payload is an invalid Date"],
      [round, deeper],
      [10n ** 4300n, "payload has 4301 digits; JSON takes whole numbers of 4300"],
    ];
    for (const [payload, text] of cases) {
      assert.deepEqual(refusal(() => made(payload).toBytes()), ["Serialization", text]);
    }
    const failing = {
      toJSON: () => {
        throw new RangeError("no");
      },
    };
    assert.deepEqual(refusal(() => made([failing]).toBytes()), [
      "Serialization",
      "payload[0] cannot be written as JSON, its toJSON() failed: no",
    ]);
  });

  it("write a class's fields, and what toJSON() says", () => {
    class Point {
      x = 1;
      #hidden = 2;
      get sum() {
        return this.x + this.#hidden;
      }
    }
    const payload = [new Point(), new Date(0), { toJSON: () => ({ n: 2n ** 60n }) }];
    assert.deepEqual(Message.fromBytes(made(payload).toBytes()).payload, [
      { x: 1 },
      "1970-01-01T00:00:00.000Z",
      { n: 2n ** 60n },
    ]);
  });

  it("refuse bytes that are no message with a MessageError, whatever they are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(refusal(() => Message.fromBytes(bytes))[0], "Serialization");
    }));
    fc.assert(fc.property(fc.json(), (text) => {
      refusal(() => Message.fromBytes(new TextEncoder().encode(text)));
    }));
    const good = JSON.parse(new TextDecoder().decode(made().toBytes()));
    const fields = ["header", "payload", "metadata", ...Object.keys(good.header)];
    fc.assert(fc.property(fc.constantFrom(...fields), fc.jsonValue(), (name, value) => {
      const other = structuredClone(good);
      (name in other ? other : other.header)[name] = value;
      try {
        Message.fromBytes(new TextEncoder().encode(JSON.stringify(other)));
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }));
  });

  it("say what is wrong with a message from elsewhere", () => {
    const read = (change: (parts: Record<string, Record<string, unknown>>) => void) => {
      const parts = JSON.parse(new TextDecoder().decode(made().toBytes()));
      change(parts);
      return refusal(() => Message.fromBytes(new TextEncoder().encode(JSON.stringify(parts))));
    };
    assert.deepEqual(read((m) => delete m["payload"]), [
      "MissingField",
      "the message has no payload",
    ]);
    assert.deepEqual(read((m) => delete m["header"]!["source"]), [
      "MissingField",
      "the message has no source",
    ]);
    assert.deepEqual(read((m) => m["header"]!["version"] = "2.0"), [
      "InvalidProtocolVersion",
      "the message speaks version 2.0, this program 1.0",
    ]);
    assert.equal(read((m) => m["header"]!["id"] = "x")[0], "UuidParse");
    assert.equal(read((m) => m["header"]!["message_type"] = "x")[0], "InvalidMessageType");
    assert.equal(read((m) => m["header"]!["priority"] = 1e10)[0], "InvalidPriority");
    assert.deepEqual(refusal(() => Message.fromBytes(Uint8Array.of(0xff))), [
      "Serialization",
      "the message is no UTF-8",
    ]);
    assert.deepEqual(refusal(() => Message.fromBytes("x" as never)), [
      "Serialization",
      'a message is read from bytes, not "x"',
    ]);
    const long = new TextEncoder().encode(`{"n":${"9".repeat(5000)}}`);
    assert.deepEqual(refusal(() => Message.fromBytes(long)), [
      "Serialization",
      "the message cannot be read as JSON: a number has 5000 digits, more than 4300",
    ]);
  });

  it("check the payload by what they are given", () => {
    const number = (payload: unknown): number => {
      if (typeof payload !== "number") throw new TypeError("no number");
      return payload;
    };
    const message: Message<number> = Message.fromBytes(made(4).toBytes(), number);
    assert.equal(message.payload, 4);
    assert.deepEqual(refusal(() => Message.fromBytes(made("4").toBytes(), number)), [
      "Serialization",
      "payload was refused: no number",
    ]);
  });

  it("take less than 1 KB for a small message", () => {
    assert.ok(made({ a: 1 }).toBytes().byteLength < 400);
  });
});
