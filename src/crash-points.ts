/** Places between two effects where a test can have the process killed, once each: none unless PAIDONCE_CRASH_AT names it. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Each with what has happened when it is passed. Where nothing happens between "after one" and "before the next", one point is both. */
export const CRASH_POINTS = {
  'open.claim.before': 'a payment is asked for, nothing is written',
  'open.claim.after': 'the payment is claimed, its run not started',
  'open.create.before': 'the run is there, the gateway has not been asked',
  'open.create.after': 'the gateway has a session of which we know nothing',
  'open.record.after': 'the session is written down, nobody has been given it',
  'open.surplus.before': 'a second session, left by a lost answer, was found',
  'open.surplus.after': 'the second session is closed at the gateway',
  'open.adopt.before': 'a session of ours that the store does not know was read',
  'open.adopt.after': 'its rows are written',
  'cancel.before': 'the merchant cancels, the gateway has not been asked',
  'cancel.after': 'the session is closed at the gateway, not here',
  'ingress.log.before': 'a callback is verified, nothing is written',
  'ingress.log.after': 'the callback is written down, nobody is told',
  'ingress.signal.after': 'its run is told, which is not written down',
  'read.before': 'a look is due, the gateway has not been asked',
  'read.after': 'the gateway has said what is true',
  'record.before': "the order's lock is held, nothing is written",
  'record.uncommitted': 'everything is written, nothing committed',
  'record.after': 'everything is committed, the run does not know',
  'notify.claim.before': 'the merchant is to be told, nobody has claimed it',
  'notify.post.before': 'the attempt is claimed and counted, nothing is sent',
  'notify.post.after': 'the merchant has heard, which is not written down',
  'notify.record.after': 'it is written down, the process does not know',
  'notify.hand-over.before': 'the first attempt has failed, no run is to make another one',
  'notify.hand-over.after': "the payment's run is to make the next one",
  'operation.claim.before': 'an operation is asked for, nothing is written',
  'operation.claim.after': 'the operation is written down, its run not started',
  'operation.answer.before': 'it is carried out, the answer not sent',
  'attempt.read.before': 'an attempt begins, the gateway has not been asked',
  'attempt.mark.before': 'the gateway allows it, nothing is written',
  'attempt.mark.after': 'it is written down as sent, and is not sent',
  'attempt.operate.after': 'the gateway has done it, its answer is not read',
  'attempt.unknown.before': 'its answer was lost, nothing is written',
  'attempt.unknown.after': 'it is written down as unknown',
  'attempt.answer.before': 'the gateway was busy or has declined it, which is not written down',
  'attempt.answer.after': 'the answer is written down',
  'attempt.not-sent.before': 'nothing shows that it was done, which is not written down',
  'attempt.not-sent.after': 'it is written down as not sent',
  'give-back.claim.before': 'money must go back, nothing is written',
  'give-back.claim.after': 'the operation that gives it back is written down',
  'wake.before': 'the money run is to be told',
  'wake.after': 'the money run is told, the payment run does not know',
  'close-others.before': "the order's other session is to be closed",
  'close-others.after': 'its run is told, this one does not know',
  'watch.before': 'the money run has put the payment in REVIEW, its own run is to be told',
  'watch.after': 'its own run is told, the money run does not know',
  'resolve.note.before': 'an operator decides, nothing is written',
  'resolve.note.after': 'the decision is written down, nobody is told',
  'resolve.answer.before': 'the decision is carried out, the answer not sent',
} as const;

export type CrashPoint = keyof typeof CRASH_POINTS;

interface Armed {
  readonly marker: string;
  passesLeft: number;
}

const armed = new Map<string, Armed>();

/** `point`, `point@order` or `point@order#pass`: at any order's passing it, at this one's, or at the how-manieth time. */
export function isCrashPoint(text: string): boolean {
  return (
    Object.hasOwn(CRASH_POINTS, text.split('@')[0] ?? '') && /^[a-z.-]+(@[A-Za-z0-9._-]+(#\d)?)?$/.test(text)
  );
}

/** Arms what is wanted; a file beside the DATA_DIR remembers what has happened, so that the next process lives on. */
export function armCrashPoints(wanted: readonly string[], dataDir: string): void {
  for (const text of wanted) {
    const [key = '', pass = '1'] = text.split('#');
    const marker = `${resolve(dataDir)}.crashed-${key}`;
    if (!existsSync(marker)) armed.set(key, { marker, passesLeft: Number(pass) });
  }
}

export interface Around {
  readonly before?: CrashPoint;
  readonly after?: CrashPoint;
}

/**
 * An effect with a crash point before it, after it, or both; where none is armed, nothing but the effect. Its second argument says for which
 * order it is: by its `orderReference`, or by `orderOf`.
 */
export function crashable<
  Tools,
  Subject extends { readonly orderReference: string },
  Rest extends unknown[],
  Result,
>(points: Around, effect: (tools: Tools, subject: Subject, ...rest: Rest) => Promise<Result>): typeof effect;
export function crashable<Tools, Subject, Rest extends unknown[], Result>(
  points: Around,
  effect: (tools: Tools, subject: Subject, ...rest: Rest) => Promise<Result>,
  orderOf: (subject: Subject) => string,
): typeof effect;
export function crashable<Tools, Subject, Rest extends unknown[], Result>(
  { before, after }: Around,
  effect: (tools: Tools, subject: Subject, ...rest: Rest) => Promise<Result>,
  orderOf = (subject: Subject) => (subject as { readonly orderReference: string }).orderReference,
): typeof effect {
  return async (tools, subject, ...rest) => {
    if (armed.size === 0) return effect(tools, subject, ...rest);
    const orderReference = orderOf(subject);
    if (before !== undefined) reach(before, orderReference);
    const result = await effect(tools, subject, ...rest);
    if (after !== undefined) reach(after, orderReference);
    return result;
  };
}

function reach(name: CrashPoint, orderReference: string): void {
  pass(armed.get(name));
  pass(armed.get(`${name}@${orderReference}`));
}

function pass(point: Armed | undefined): void {
  if (point === undefined) return;
  point.passesLeft -= 1;
  if (point.passesLeft > 0) return;
  mkdirSync(dirname(point.marker), { recursive: true });
  writeFileSync(point.marker, '');
  // Not `exit`: nothing may be tidied up on the way.
  process.kill(process.pid, 'SIGKILL');
}
