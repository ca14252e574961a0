/** The body of `POST /decode`, as the Temporal Web UI and the program `temporal` send it: payloads in JSON. */
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { UnreadablePayload } from '../../temporal/payload-codec.ts';
import { Refusal } from '../refusal.ts';

const bytes = z.base64('base64 was expected');

/** Other fields pass through: they belong to Temporal. */
const jsonPayload = z.looseObject({
  metadata: z.record(z.string(), bytes).nullish(),
  data: bytes.nullish(),
});

export const decodeRequest = z.looseObject({ payloads: z.array(jsonPayload) });

type JsonPayload = z.infer<typeof jsonPayload>;

/** The decoded payloads, in the same order. @throws Refusal `invalid_request` where one can't be decrypted */
export async function decodePayloads(
  payloads: readonly JsonPayload[],
  codec: PayloadCodec,
): Promise<JsonPayload[]> {
  try {
    const decoded = await codec.decode(payloads.map(fromJson));
    return decoded.map((payload, index) => ({ ...payloads[index], ...toJson(payload) }));
  } catch (error) {
    if (error instanceof UnreadablePayload) throw new Refusal('invalid_request', error.message);
    throw error;
  }
}

function fromJson({ metadata, data }: JsonPayload): Payload {
  return { metadata: mapped(metadata ?? {}, (text) => Buffer.from(text, 'base64')), data: fromBase64(data) };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  return { metadata: mapped(metadata ?? {}, toBase64), data: toBase64(data) };
}

function fromBase64(text: string | null | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64');
}

function toBase64(given: Uint8Array | null | undefined): string {
  return Buffer.from(given ?? []).toString('base64');
}

function mapped<From, To>(
  fields: Readonly<Record<string, From>>,
  to: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, to(value)]));
}
