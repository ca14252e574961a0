/** The output of the bench: two tables for people, one JSON for programs. */
import { arch, cpus, platform } from 'node:os';
import { ratiosOf, type Figure, type Measured } from './figures.ts';
import { ENCRYPTED, TRACED } from './part.ts';
import type { PartResult } from './measure/rounds.ts';
import type { Percentiles } from './stats.ts';

const HOW_MEASURED = [
  'Rounds take turns: floor, paidonce, paidonce-encrypted, paidonce-traced, …, floor, … on one Temporal server. Rates are medians of the rounds.',
  'callbackToPaidMs: from the moment the callback is sent to paidAt, the time at which the settling transaction began, as the update',
  'tells it (floor: from sending the signal until the client knows the run completed). callbackToToldMs: until the shop has the',
  "update, seen from outside. One at a time the bench itself signs and sends the callback; 20 at a time it is the sandbox's own.",
  'CPU seconds are of sessions 20 at a time; "bench" is the load generator and the shop.',
];

export function jsonOf(measured: Measured, figures: readonly Figure[], isQuick: boolean): unknown {
  const { parts, ...others } = measured;
  const floor = parts.get('floor') as PartResult;
  return {
    at: new Date().toISOString(),
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model,
      platform: platform(),
      arch: arch(),
      node: process.version,
    },
    quick: isQuick,
    howMeasured: HOW_MEASURED.join(' '),
    floor: partJson(floor),
    paidonce: partJson(parts.get('paidonce')),
    paidonceEncrypted: partJson(parts.get(ENCRYPTED)),
    paidonceTraced: partJson(parts.get(TRACED)),
    paidoncePostgresql: partJson(parts.get('paidonce-postgresql')),
    paidonceStripe: partJson(parts.get('paidonce-stripe')),
    ratios: Object.fromEntries(
      [...parts].filter(([name]) => name !== 'floor').map(([name, part]) => [name, ratiosOf(part, floor)]),
    ),
    ...others,
    figures,
  };
}

function partJson(part: PartResult | undefined): unknown {
  if (part === undefined) return null;
  const { alone, ...others } = part;
  // The contract's names mean one session at a time; the figures of a busy machine are shown beside them.
  return { ...alone, ...others };
}

/** The rounds alone. */
export function printParts(parts: Measured['parts']): void {
  process.stdout.write(['', ...linesOf(parts), ''].join('\n'));
}

function linesOf(parts: Measured['parts']): string[] {
  const floor = parts.get('floor') as PartResult;
  return [...parts].flatMap(([name, part]) => partLines(name, part, floor));
}

export function printReport(measured: Measured, figures: readonly Figure[]): void {
  const lines = [
    '',
    ...linesOf(measured.parts),
    '',
    ...HOW_MEASURED,
    '',
    row('figure', 'bound', 'measured', ''),
    ...figures.map(({ figure, bound, measured: value, ok }) => row(figure, bound, value, verdict(ok))),
    '',
  ];
  process.stdout.write(lines.join('\n'));
}

function row(...[figure, bound, value, word]: [string, string, string, string]): string {
  return `${figure.padEnd(54)}${bound.padEnd(14)}${value.padEnd(14)}${word}`.trimEnd();
}

function verdict(ok: boolean | null): string {
  if (ok === null) return '-';
  return ok ? 'ok' : 'MISSED';
}

function partLines(name: string, part: PartResult, floor: PartResult): string[] {
  const { sessionsPerSecond, alone, busy, cpuSecondsPerSession, cpuSecondsPerSessionInAll } = part;
  const ratio = (value: number, base: number) => `(${(value / base).toFixed(2)} × floor)`;
  const cpu = Object.entries(cpuSecondsPerSession).map(
    ([process, seconds]) => `${process} ${ms(seconds * 1_000)}`,
  );
  return [
    `${name}: ${sessionsPerSecond.toFixed(1)} sessions/s ${ratio(sessionsPerSecond, floor.sessionsPerSecond)}, ${part.historyEvents} events`,
    `  callback → paid  alone ${three(alone.callbackToPaidMs)} ${ratio(alone.callbackToPaidMs.p50, floor.alone.callbackToPaidMs.p50)}   busy ${three(busy.callbackToPaidMs)}`,
    ...(alone.callbackToToldMs && busy.callbackToToldMs
      ? [
          `  callback → told  alone ${three(alone.callbackToToldMs)} ${ratio(alone.callbackToToldMs.p50, floor.alone.callbackToPaidMs.p50)}   busy ${three(busy.callbackToToldMs)}`,
        ]
      : []),
    `  open             alone ${three(alone.openMs)}   busy ${three(busy.openMs)}`,
    `  CPU ms/session   ${ms(cpuSecondsPerSessionInAll * 1_000)} ${ratio(cpuSecondsPerSessionInAll, floor.cpuSecondsPerSessionInAll)}: ${cpu.join(', ')}`,
  ];
}

function three({ p50, p95, p99 }: Percentiles): string {
  return `p50 ${ms(p50)} p95 ${ms(p95)} p99 ${ms(p99)} ms`;
}

function ms(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
