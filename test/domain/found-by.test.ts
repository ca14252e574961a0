import { expect, it } from '@jest/globals';
import { foundBy, type FoundBy } from '../../src/domain/found-by.ts';
import type { LookRequest, Triggers } from '../../src/domain/trigger.ts';

const at = '2026-11-21T12:00:00Z';
const NONE: Triggers = { callbacks: [], pokes: [], requests: [], timer: null, expiry: null };
const callbacks = [{ eventId: 'e', contentHash: 'c', claim: {}, receivedAt: at }];
const asked = (why: LookRequest['why']) => ({ requests: [{ why, at }] });
const came = { pokes: [{ why: 'return', at }] } as const;
const forged = { pokes: [{ why: 'unproved_callback', at }] } as const;

const TABLE: readonly (readonly [what: string, triggers: Partial<Triggers>, by: FoundBy])[] = [
  ['a callback', { callbacks }, 'callback'],
  ['a callback and everything else', { ...came, ...asked('sweep'), callbacks, timer: 'poll' }, 'callback'],
  ['the follow-up of a callback', { timer: 'follow-up' }, 'callback'],
  ['the payer who came back', { ...came, ...asked('sweep') }, 'return'],
  ['a callback that proved nothing', { ...forged, timer: 'poll' }, 'refused_callback'],
  ['the sweep', asked('sweep'), 'sweep'],
  ['a reconciliation', asked('reconciliation'), 'sweep'],
  ['our search for forgotten payments', asked('unwatched'), 'sweep'],
  ['an operator', asked('operator'), 'operator'],
  ['a timer', { timer: 'poll' }, 'poll'],
  ['the last look', { expiry: 'lifetime' }, 'poll'],
];

it.each(TABLE)('a payment that %s has shown as paid', (_, triggers, by) => {
  expect(foundBy({ ...NONE, ...triggers }, false)).toBe(by);
});

it('a payment that a person accepts is found by them', () => {
  expect(foundBy({ ...NONE, callbacks }, true)).toBe('operator');
});
