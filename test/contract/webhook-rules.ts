import { expect } from '@jest/globals';
import type { WebhookSource } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { openRig, type Rule } from './rig.ts';

export interface Delivery {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** A WebhookSource under test. */
export interface WebhookSubject {
  readonly name: string;
  open(io: Io): WebhookSource;
  /** A genuine delivery, signed with the secret that `open` uses. */
  signed(): Delivery;
  /** The header that carries the signature. */
  readonly signature: string;
  readonly secrets: readonly string[];
}

export const webhookRules: readonly Rule<WebhookSubject>[] = [
  {
    title: 'takes a genuine delivery as a hint, the same on a repeated one, its bytes untouched',
    run: (subject) =>
      verifying(subject, async (source, { headers, bytes }) => {
        const before = Buffer.from(bytes);
        const hint = await source.verify(headers, bytes);
        expect(hint).not.toBeNull();
        expect(hint?.delivery).not.toBe('');
        expect(await source.verify(headers, bytes)).toEqual(hint);
        expect(Buffer.compare(before, bytes)).toBe(0);
      }),
  },
  ...(
    [
      ['one more byte', (one) => ({ ...one, bytes: Buffer.concat([one.bytes, Buffer.of(0x20)]) })],
      ['one byte changed', (one) => ({ ...one, bytes: Buffer.from(one.bytes).fill(0x21, 0, 1) })],
      ['no body', (one) => ({ ...one, bytes: new Uint8Array() })],
      ['another signature', (one, name) => signedWith(one, name, Buffer.alloc(32, 7).toString('base64'))],
      ['a signature cut short', (one, name) => signedWith(one, name, (one.headers[name] ?? '').slice(0, -4))],
      ['an empty signature', (one, name) => signedWith(one, name, '')],
      [
        'no signature',
        (one, name) => ({
          ...one,
          headers: Object.fromEntries(Object.entries(one.headers).filter(([key]) => key !== name)),
        }),
      ],
    ] satisfies [string, (one: Delivery, signature: string) => Delivery][]
  ).map(([what, forge]): Rule<WebhookSubject> => ({
    title: `refuses a delivery with ${what}`,
    run: (subject) =>
      verifying(subject, async (source, delivery) => {
        const forged = forge(delivery, subject.signature);
        expect(await source.verify(forged.headers, forged.bytes)).toBeNull();
      }),
  })),
];

async function verifying(
  subject: WebhookSubject,
  run: (source: WebhookSource, delivery: Delivery) => Promise<void>,
): Promise<void> {
  const rig = openRig(subject.secrets);
  try {
    await run(subject.open(rig.io), subject.signed());
    for (const secret of subject.secrets) expect(rig.logged.join('\n').includes(secret)).toBe(false);
  } finally {
    rig.close();
  }
}

function signedWith(delivery: Delivery, name: string, signature: string): Delivery {
  return { ...delivery, headers: { ...delivery.headers, [name]: signature } };
}
