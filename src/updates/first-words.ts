/** Keeps the beginning of an endpoint's answer, which may have any content and any length. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The length that is kept, and how much and how long is read for it at most. */
const KEPT_CHARACTERS = 200;
const READ_BYTES = 1_024;
const READ_MS = 250;

/**
 * The first characters of a body, as well-formed text without control characters. Null where there are none.
 * Never throws.
 */
export async function firstWords(body: ReadableStream<Uint8Array> | null): Promise<string | null> {
  if (body === null) return null;
  const reader = body.getReader();
  const isLate = sleep(READ_MS, { done: true, value: undefined }, { ref: false });
  const read: Uint8Array[] = [];
  try {
    for (let size = 0; size < READ_BYTES; size += read.at(-1)?.length ?? 0) {
      const { done, value } = await Promise.race([reader.read(), isLate]);
      if (done || value === undefined) break;
      read.push(value);
    }
  } catch {
    // The body broke off. Only the status counts.
  }
  void reader.cancel().catch(() => undefined);
  return asText(Buffer.concat(read).subarray(0, READ_BYTES).toString('utf8'));
}

function asText(given: string): string | null {
  const text = given.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return text === '' ? null : Array.from(text).slice(0, KEPT_CHARACTERS).join('');
}
