/** What is encrypted for Temporal, in which format, and what is refused when it comes back. */
import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { NO_PAYLOAD_KEYS } from '../../src/config/payload-keys.ts';
import { createPayloadCodec, UnreadablePayload } from '../../src/temporal/payload-codec.ts';
import { aPayloadKey, payloadKeys } from '../support/payload-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;
const [A, B] = [aPayloadKey('a'), aPayloadKey('b')];
const codec = createPayloadCodec(payloadKeys(A));
const ORDER = { orderReference: '1001', amountMinor: 72_200 };

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown =>
  defaultPayloadConverter.fromPayload(payload as Payload);
const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

async function encrypted(value: unknown): Promise<Payload> {
  const [payload] = await codec.encode([payloadOf(value)]);
  return payload as Payload;
}

describe('an encrypted payload', () => {
  it('shows its key and its encoding, and nothing of the value', async () => {
    const { metadata, data } = await encrypted(ORDER);
    expect(Object.keys(metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
    expect(textOf(metadata?.['encoding'])).toBe('binary/encrypted');
    expect(textOf(metadata?.['encryption-key-id'])).toBe('a');
    expect(textOf(data)).not.toMatch(/1001|72200|json/);
  });

  it('is never the same twice', async () => {
    const [one, other] = [await encrypted(ORDER), await encrypted(ORDER)];
    expect(Buffer.compare(one.data as Buffer, other.data as Buffer)).not.toBe(0);
  });

  it.each([[ORDER], ['text'], [null], [undefined], [new Uint8Array([1, 2, 3])]])(
    'gives %p back',
    async (value) => {
      const [back] = await codec.decode([await encrypted(value)]);
      expect(valueOf(back)).toEqual(value);
    },
  );

  // As in temporalio/samples-typescript/encryption, by another implementation of AES.
  it("has the format of Temporal's own samples, in both directions", async () => {
    const bytes = Buffer.from(A.slice(2), 'base64');
    const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', true, ['encrypt', 'decrypt']);
    const data = Buffer.from((await encrypted(ORDER)).data as Uint8Array);
    const algorithm = { name: 'AES-GCM', iv: data.subarray(0, 12) };
    const inner = await crypto.subtle.decrypt(algorithm, key, data.subarray(12));
    expect(valueOf(PayloadMessage.decode(new Uint8Array(inner)))).toEqual(ORDER);

    const iv = crypto.getRandomValues(new Uint8Array(12));
    const theirs = await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv },
      key,
      Buffer.from(PayloadMessage.encode(payloadOf('theirs')).finish()),
    );
    const metadata = { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('a') };
    const [back] = await codec.decode([{ metadata, data: Buffer.concat([iv, Buffer.from(theirs)]) }]);
    expect(valueOf(back)).toBe('theirs');
  });

  it('is refused with any byte changed, or cut short', async () => {
    const payload = await encrypted(ORDER);
    const data = Buffer.from(payload.data as Uint8Array);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: data.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const changed = Buffer.from(data);
          changed[at] = (changed[at] as number) ^ flip;
          await expect(codec.decode([{ ...payload, data: changed }])).rejects.toThrow(UnreadablePayload);
          await expect(codec.decode([{ ...payload, data: data.subarray(0, at) }])).rejects.toThrow(
            UnreadablePayload,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is refused under the id of another key, and under a key that another process calls the same', async () => {
    const { metadata, data } = await encrypted(ORDER);
    const both = createPayloadCodec(payloadKeys(`${A},${B}`));
    const swapped = {
      metadata: { ...metadata, 'encryption-key-id': Buffer.from('b') },
      data: data as Buffer,
    };
    await expect(both.decode([swapped])).rejects.toThrow(/not what the key "b" has encrypted/);
    const namesake = createPayloadCodec(payloadKeys(`a:${B.slice(2)}`));
    await expect(namesake.decode([await encrypted(ORDER)])).rejects.toThrow(
      /PAYLOAD_KEYS has another key under this id/,
    );
  });

  it.each([
    ['', 'PAYLOAD_KEYS is not set'],
    [B, 'PAYLOAD_KEYS has only "b"'],
    [`plain,${B}`, 'PAYLOAD_KEYS has only "b"'],
  ])('names its key to a process with the keys %p', async (keys, has) => {
    const other = createPayloadCodec(keys === '' ? NO_PAYLOAD_KEYS : payloadKeys(keys));
    await expect(other.decode([await encrypted(ORDER)])).rejects.toThrow(
      `encrypted with the key "a", and ${has}; add this key to PAYLOAD_KEYS`,
    );
  });
});

describe('the codec', () => {
  it('lets payloads of other encodings pass, also of encodings that it does not know', async () => {
    const plain = payloadOf(ORDER);
    const foreign = { metadata: { encoding: Buffer.from('binary/zlib') }, data: Buffer.from('x') };
    const bare = { data: Buffer.from('y') };
    expect(await codec.decode([plain, foreign, bare])).toEqual([plain, foreign, bare]);
  });

  it('encrypts with the first key and decrypts with all of them', async () => {
    const rotated = createPayloadCodec(payloadKeys(`${B},${A}`));
    const [fresh] = await rotated.encode([payloadOf('fresh')]);
    expect(textOf(fresh?.metadata?.['encryption-key-id'])).toBe('b');
    const back = await rotated.decode([await encrypted('old'), fresh as Payload, payloadOf('plain')]);
    expect(back.map(valueOf)).toEqual(['old', 'fresh', 'plain']);
  });

  it.each([NO_PAYLOAD_KEYS, payloadKeys(`plain,${A}`)])(
    'stores payloads as they are without a first key',
    async (keys) => {
      const plain = payloadOf(ORDER);
      expect(await createPayloadCodec(keys).encode([plain])).toEqual([plain]);
    },
  );
});
