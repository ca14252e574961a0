/**
 * Nothing of a payment can be read in an encrypted history, except where docs/run-in-production.md says so:
 * workflow ids and search attributes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT, storedHistories } from './replaying.ts';

const ENCRYPTED = Buffer.from('binary/encrypted').toString('base64');
/** Readable on purpose, by the names that Temporal's JSON has for them. */
const READABLE = ['workflowId', 'searchAttributes'];

const histories = (await storedHistories()).filter(({ name }) => name.startsWith('encrypted-'));

describe.each(histories.map(({ name, readable }) => [name, readable] as const))('%s', (name, readable) => {
  let stored: unknown;
  beforeAll(async () => {
    stored = JSON.parse(await readFile(join(ROOT, 'test', 'histories', `${name}.json`), 'utf8'));
  });

  it('has no payload that is not encrypted, and no failure with its text', () => {
    const found = insideOf(stored);
    expect(found.encodings.length).toBeGreaterThan(1);
    expect(new Set(found.encodings)).toEqual(new Set([ENCRYPTED]));
    expect(new Set(found.messages.filter((text) => !OF_THE_SERVER.has(text)))).toEqual(
      new Set(found.messages.length > 0 ? ['Encoded failure'] : []),
    );
    expect(found.stacks.filter((text) => text !== '')).toEqual([]);
  });

  it('shows no reference, session, transaction, payment or amount', () => {
    const values = valuesOf(readable);
    const plain = insideOf(stored).texts.join('\n');
    // Otherwise the scan looks for nothing.
    const known = textsIn(readable).join('\n');
    expect(values.filter((value) => known.includes(value))).toEqual(values);
    expect(values.filter((value) => plain.includes(value))).toEqual([]);
  });
});

it('covers a payment, a hold, a failure, a failed run, an update, money and a sweep', () => {
  const types = histories.map(({ readable }) => textsIn(readable).join('\n'));
  for (const word of [
    'ON_HOLD',
    'AUTHORIZED',
    'resolveReview',
    'carryOut',
    'sweepGateway',
    'the input belongs to',
  ])
    expect([word, types.some((text) => text.includes(word))]).toEqual([word, true]);
});

/** Texts of failures that the server itself has made. They contain nothing of ours. */
const OF_THE_SERVER = new Set(['activity Heartbeat timeout', 'activity StartToClose timeout']);

interface Found {
  /** The encodings of all payloads, in base64. */
  readonly encodings: string[];
  /** Of failures. */
  readonly messages: string[];
  readonly stacks: string[];
  /** Every text, and every text that is base64 also decoded. */
  readonly texts: string[];
}

function insideOf(
  value: unknown,
  found: Found = { encodings: [], messages: [], stacks: [], texts: [] },
): Found {
  if (typeof value === 'string') found.texts.push(value, Buffer.from(value, 'base64').toString('latin1'));
  if (typeof value === 'number') found.texts.push(String(value));
  if (typeof value !== 'object' || value === null) return found;
  const { metadata, message, stackTrace, source } = value as Record<string, unknown>;
  if (typeof metadata === 'object' && metadata !== null)
    found.encodings.push(String((metadata as Record<string, unknown>)['encoding']));
  if (typeof message === 'string' && source !== undefined) found.messages.push(message);
  if (typeof stackTrace === 'string') found.stacks.push(stackTrace);
  for (const [name, inner] of Object.entries(value)) if (!READABLE.includes(name)) insideOf(inner, found);
  return found;
}

/** The values that the payloads of a history have, decrypted: from its search attributes, its input, its money. */
function valuesOf(readable: object): string[] {
  const texts = textsIn(readable);
  const named = [
    'orderReference',
    'paymentId',
    'sessionId',
    'transactionId',
    'amountMinor',
    'operationId',
    'account',
  ];
  const found = texts.flatMap((text) =>
    named.flatMap((name) =>
      [...text.matchAll(new RegExp(`"${name}":"?([^",}]{5,})`, 'g'))].map((match) => match[1] as string),
    ),
  );
  return [...new Set(found)];
}

function textsIn(value: unknown): string[] {
  if (value instanceof Uint8Array) return [new TextDecoder().decode(value)];
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
