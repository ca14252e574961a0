import type { Duration } from '@temporalio/common';

const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
};

/** `'5 minutes'` and the like, as the sources write them. @throws Error for what they do not */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  const [, count = '', unit = ''] = /^(\d+) (\w+?)s?$/.exec(duration) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new Error(`a duration that the model does not know: ${duration}`);
  return ms;
}
