import { expect, it, jest } from '@jest/globals';
import { Binary, deserialize, Double, Int32, Long, ObjectId, serialize, UUID, type Document } from 'bson';
import { fromBytes } from './from-bytes.ts';
import { runSeed } from './run.ts';
import { toBytes } from './to-bytes.ts';

jest.setTimeout(60_000);

it('reads and writes whatever a run sends as the library of the driver does', async () => {
  let commands = 0;
  const look = (bytes: Uint8Array): void => {
    const document = deserialize(bytes);
    expect(fromBytes(bytes)).toStrictEqual(document);
    if (Buffer.compare(toBytes(document), bytes) !== 0) expect(deserialize(toBytes(document))).toStrictEqual(document);
  };
  for (const seed of [2, 10])
    await runSeed(seed, {
      onCommand(command, reply) {
        commands += 1;
        look(command);
        look(reply);
      },
    });
  expect(commands).toBeGreaterThan(1_000);
});

const odd: readonly Document[] = [
  {},
  { a: undefined, b: [undefined, null, 1], c: { d: undefined } },
  { n: [0, -0, 1.5, -1, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, 2 ** 53, NaN, Infinity] },
  { at: [new Date(0), new Date(-1), new Date(1_773_532_770_000), new Date(-8.64e15), new Date(NaN)] },
  { text: ['', 'plain', 'ümlaut', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65), '€'.repeat(40), '😀', 'a\u0000b'] },
  { ümlaut: 1, ['k'.repeat(70)]: 2, '': 3 },
  { $db: 'x', q: { $or: [{ a: { $in: ['1'] } }, { $ref: 'x', $id: 1 }] } },
  { long: 'y'.repeat(40_000) },
  { many: Array.from({ length: 150 }, (_, index) => index) },
  { bytes: [new Binary(new Uint8Array([1, 2])), new Binary(new Uint8Array(40), 5), new Binary(new Uint8Array(0), 2)] },
  { raw: new Uint8Array([1, 2, 3]), own: new UUID(new Uint8Array(16).fill(3)) },
  {
    other: [new ObjectId('00112233445566778899aabb'), Long.fromString('9007199254740993'), new Int32(7), new Double(7)],
  },
  { whole: 12n, far: [Long.fromNumber(2 ** 40), Long.fromNumber(-5)], yes: true, no: false, like: /a.b/i },
  {
    of: Object.create(null),
    made: new (class Made {
      readonly a = 1;
    })(),
    json: { toBSON: () => ({ b: 2 }) },
  },
  JSON.parse('{"__proto__": {"a": 1}}'),
];

it.each(odd.map((document, index) => [index, document] as const))(
  'does so for what no run sends: %i',
  (_, document) => {
    const bytes = serialize(document, { ignoreUndefined: false });
    expect(Buffer.from(toBytes(document))).toEqual(Buffer.from(bytes));
    expect(fromBytes(bytes)).toStrictEqual(deserialize(bytes));
  },
);

it('refuses what the library refuses', () => {
  const whole = serialize({ a: 'ümlaut', b: { c: 1 } });
  const broken = [
    whole.subarray(0, whole.length - 1),
    Uint8Array.from([...whole.subarray(0, 11), 0xff, ...whole.subarray(12)]),
    Uint8Array.from([...whole.subarray(0, 4), 0x42, ...whole.subarray(5)]),
  ];
  for (const bytes of broken) {
    expect(() => deserialize(bytes)).toThrow();
    expect(() => fromBytes(bytes)).toThrow();
  }
  const round: Document = {};
  round['self'] = round;
  expect(() => toBytes(round)).toThrow();
  expect(() => toBytes({ ['a\u0000']: 1 })).toThrow();
});
