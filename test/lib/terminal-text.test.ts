/** Texts from outside on a terminal: at any place, they move no cursor, begin no line and reverse no text. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exitCodeOf } from '../../src/cli/exit.ts';
import { plainLine } from '../../src/lib/terminal-text.ts';
import { print, printJson, printPayment } from '../../src/cli/print.ts';
import { ServiceRefused } from '../../src/cli/service-api.ts';
import { jsonOf, linesOf, type Why } from '../../src/cli/why/render.ts';
import { useTerminal } from '../support/terminal.ts';
import { aDelivery, aPayment, aRun, aStory } from '../cli/samples.ts';

/** Characters that none of our own texts has, except the end of a line. */
// oxlint-disable-next-line no-control-regex -- controls are what it looks for
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

const hostile = fc
  .array(
    fc.constantFrom(
      '\u001b[2K\r',
      '\n  2026-11-21 12:00  operator  paid',
      '\u009b31m',
      '\u202e',
      '\b',
      'AUTHORIZED',
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const WHY: Why = {
  q: '1001',
  reference: '1001',
  store: {
    kind: 'found',
    asked: 'the store',
    others: [],
    story: aStory(
      aPayment({
        reason: 'late_money',
        timeline: [{ at: '2026-11-21T11:00:00.000Z', kind: 'read', text: 'read', data: { status: 'x' } }],
        deliveries: [aDelivery({ reason: 'wrong_signature', outcome: 'refused', eventId: null })],
      }),
    ),
  },
  temporal: { kind: 'found', runs: [aRun()] },
  advice: [{ about: 'payment/1001/1', text: 'waits', todo: 'paidonce why 1001' }],
};

/** The places of all texts except times: a store or a service may have texts from outside there. */
function textsIn(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? [] : [[...at]];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([name, field]) => textsIn(field, [...at, name]));
}

function withText(why: Why, path: readonly string[], text: string): Why {
  const changed = structuredClone(why);
  const field = path
    .slice(0, -1)
    .reduce((at, name) => at[name] as never, changed as never as Record<string, unknown>);
  field[path.at(-1) as string] = text;
  return changed;
}

describe('a terminal', () => {
  const terminal = useTerminal();
  const paths = textsIn(WHY).filter((path) => path.at(-1) !== 'kind' || path.includes('timeline'));

  it('gets exactly the own lines of `why`, for any text in any field', () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), hostile, (path, text) => {
        const lines = linesOf(withText(WHY, path, text));
        terminal.output = '';
        for (const line of lines) print(line);
        expect(terminal.output.split('\n')).toHaveLength(lines.length + 1);
        expect(terminal.output).not.toMatch(UNSEEN);
      }),
      { numRuns: 500 },
    );
  });

  it('gets JSON that is the same to a program', () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), hostile, (path, text) => {
        const answer = jsonOf(withText(WHY, path, text));
        terminal.output = '';
        printJson(answer);
        expect(terminal.output).not.toMatch(UNSEEN);
        expect(JSON.parse(terminal.output)).toEqual(JSON.parse(JSON.stringify(answer)));
      }),
    );
  });

  it('gets payments and refusals in one line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        Object.assign(terminal, { output: '', complaints: '' });
        printPayment(aPayment({ reason: text }), false);
        expect(exitCodeOf(new ServiceRefused(plainLine(text), { status: 409, code: 'declined' }))).toBe(1);
        expect(`${terminal.output}${terminal.complaints}`.split('\n')).toHaveLength(3);
        expect(terminal.output + terminal.complaints).not.toMatch(UNSEEN);
      }),
    );
  });

  it('gets texts without control characters unchanged', () => {
    expect(plainLine('Kåre & 日本 🙂 "x" \\ ünïcode')).toBe('Kåre & 日本 🙂 "x" \\ ünïcode');
    expect(plainLine('a\u001b[31mb\nc\u202e')).toBe('a\\u001b[31mb\\u000ac\\u202e');
  });
});
