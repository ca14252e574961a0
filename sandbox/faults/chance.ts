import { createHash } from 'node:crypto';

/** A number from 0 up to 1 that looks random and is the same for the same words. */
export function chance(...words: (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

/** One of several, likewise. */
export function pick<T>(from: readonly [T, ...T[]], ...words: (string | number)[]): T {
  return from[Math.floor(chance(...words) * from.length)] ?? from[0];
}
