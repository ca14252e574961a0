/**
 * Encrypts what Temporal stores (docs/adr/0029). The format is that of Temporal's own samples, so that other
 * tools can read it: the whole payload, AES-256-GCM, `nonce (12 bytes) + ciphertext + tag (16 bytes)`. The
 * tag covers everything in the original payload, its encoding included.
 */
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKeys } from '../config/payload-keys.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** A payload of Temporal can't be decrypted with the keys of this process. */
export class UnreadablePayload extends Error {
  override readonly name = 'UnreadablePayload';
}

/**
 * Every process has one, since payloads may be encrypted although this process encrypts none. Payloads of
 * another encoding pass through: those of runs that began before there were keys, and of the program
 * `temporal`. An unreadable payload is an error, so that its run waits for the right keys.
 */
export function createPayloadCodec(keys: PayloadKeys): PayloadCodec {
  const { encrypts, byId } = keys;
  const key = encrypts === null ? undefined : byId.get(encrypts);
  return {
    encode: async (payloads) =>
      encrypts === null || key === undefined ? payloads : payloads.map((one) => encrypt(one, encrypts, key)),
    decode: async (payloads) => payloads.map((one) => (isEncrypted(one) ? decrypt(one, keys) : one)),
  };
}

function encrypt(payload: Payload, keyId: string, key: KeyObject): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  const parts = [nonce, cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()];
  return {
    metadata: { [METADATA_ENCODING_KEY]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(keyId) },
    data: Buffer.concat([...parts, cipher.getAuthTag()]),
  };
}

/** @throws UnreadablePayload */
function decrypt({ metadata, data }: Payload, { byId }: PayloadKeys): Payload {
  const keyId = textOf(metadata?.[KEY_ID]);
  const key = byId.get(keyId);
  if (key === undefined) throw new UnreadablePayload(missing(keyId, [...byId.keys()]));
  const bytes = Buffer.from(data ?? []);
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const plain = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(plain));
  } catch (cause) {
    throw new UnreadablePayload(
      `a payload in Temporal is not what the key "${keyId}" has encrypted: either it was changed, or PAYLOAD_KEYS has another key under this id; set PAYLOAD_KEYS to the key that was used`,
      { cause },
    );
  }
}

export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.[METADATA_ENCODING_KEY]) === ENCRYPTED;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8');
}

/** The id comes from Temporal, where anyone with access may have written it. */
function missing(keyId: string, known: readonly string[]): string {
  const named = JSON.stringify(keyId.slice(0, LONGEST_ID));
  const has = known.length === 0 ? 'is not set' : `has only ${known.map((id) => `"${id}"`).join(', ')}`;
  return `a payload in Temporal is encrypted with the key ${named}, and PAYLOAD_KEYS ${has}; add this key to PAYLOAD_KEYS`;
}

const LONGEST_ID = 40;
