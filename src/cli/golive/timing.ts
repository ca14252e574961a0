/**
 * Whether the time of a comparison tells how much of a signature is right: Welch's t-test on the comparison
 * itself. Over a network the difference of a byte drowns in noise, so such a probe could not fail.
 */
import { randomBytes, randomInt } from 'node:crypto';

/** Above this |t| the two kinds of probes differ; the threshold of TVLA (ISO/IEC 17825). */
export const LEAKS_ABOVE = 4.5;

const PROBES = 10_000;
/** One comparison is shorter than the clock's resolution. */
const COMPARISONS_PER_PROBE = 32;
const WARM_UP = 2_000;
/** The slowest probes were interrupted by something else. */
const KEPT = 0.9;

export type Compare = (given: Buffer, expected: Buffer) => boolean;

/**
 * |t| between probes whose first byte is wrong and probes whose last byte is wrong, in random order. The least
 * of three rounds: a leak shows in each of them, and a busy machine does not.
 */
export function timingOf(compare: Compare): number {
  return Math.min(...[1, 2, 3].map(() => round(compare)));
}

function round(compare: Compare): number {
  const expected = randomBytes(32);
  const [early, late] = [wrongAt(expected, 0), wrongAt(expected, expected.length - 1)];
  const times: { early: number[]; late: number[] } = { early: [], late: [] };
  for (let probe = -WARM_UP; probe < PROBES; probe += 1) {
    const kind = randomInt(2) === 0 ? 'early' : 'late';
    const given = kind === 'early' ? early : late;
    const since = process.hrtime.bigint();
    for (let n = 0; n < COMPARISONS_PER_PROBE; n += 1) compare(given, expected);
    const ns = Number(process.hrtime.bigint() - since);
    if (probe >= 0) times[kind].push(ns);
  }
  return Math.abs(welch(fastest(times.early), fastest(times.late)));
}

function wrongAt(expected: Buffer, at: number): Buffer {
  const wrong = Buffer.from(expected);
  wrong[at] = (wrong[at] ?? 0) ^ 0xff;
  return wrong;
}

function fastest(times: readonly number[]): readonly number[] {
  return times.toSorted((left, right) => left - right).slice(0, Math.floor(times.length * KEPT));
}

/** Welch's t of two samples. */
export function welch(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [momentsOf(left), momentsOf(right)];
  const error = Math.sqrt(a.variance / left.length + b.variance / right.length);
  return error === 0 ? 0 : (a.mean - b.mean) / error;
}

function momentsOf(sample: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  const squares = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (sample.length - 1) };
}
