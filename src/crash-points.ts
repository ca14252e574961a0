/**
 * Places between two effects where a test can have the process killed, once each. Active only where
 * PAIDONCE_CRASH_AT names them.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Each point with what has happened when it is reached. Where nothing happens between "after one" and "before
 * the next", one point serves as both.
 */
export const CRASH_POINTS = {
  'open.claim.before': 'a payment is requested, nothing is written',
  'open.claim.after': 'the payment is claimed, the gateway has not been called',
  'open.create.after': 'the gateway has a session that we do not know',
  'open.record.after': 'the session is recorded, its run is not started and no caller has it',
  'open.start.after': 'its run watches the session, no caller has it',
  'open.surplus.before': 'a second session, which a lost answer left behind, was found',
  'open.surplus.after': 'the second session is closed at the gateway',
  'open.adopt.before': 'a session of ours that the store does not know was read',
  'open.adopt.after': 'its rows are written',
  'cancel.before': 'the merchant cancels, the gateway has not been called',
  'cancel.after': 'the session is closed at the gateway, and open in our store',
  'ingress.log.before': 'a callback is verified, nothing is written',
  'ingress.log.after': 'the callback is recorded, no run is signalled',
  'ingress.signal.after': 'its run is signalled, which is not recorded',
  'read.before': 'a look is due, the gateway has not been read',
  'read.after': 'the gateway has answered the read',
  'look.end.before': "the session's time is over by our clock, and it is open at the gateway",
  'look.end.after': 'it is closed at the gateway, and open in our store',
  'record.before': "the order's lock is held, nothing is written",
  'record.uncommitted': 'everything is written, nothing committed',
  'record.after': 'everything is committed, the run does not know',
  'notify.claim.before': 'an update is due, no process has claimed it',
  'notify.post.before': 'the attempt is claimed and counted, nothing is sent',
  'notify.post.after': 'the merchant has acknowledged, which is not recorded',
  'notify.record.after': 'that is recorded, the process does not know',
  'notify.hand-over.before': 'the first attempt has failed, no run was asked to make another one',
  'notify.hand-over.after': "the payment's run was asked to make the next attempt",
  'operation.claim.before': 'an operation is requested, nothing is written',
  'operation.claim.after': 'the operation is recorded, its run not started',
  'operation.answer.before': 'the operation is carried out, the answer not sent',
  'attempt.read.before': 'an attempt begins, the gateway has not been read',
  'attempt.mark.before': 'the gateway allows it, nothing is written',
  'attempt.mark.after': 'the operation is recorded as sent, and is not sent',
  'attempt.operate.after': 'the gateway has done it, its answer is not read',
  'attempt.unknown.before': 'the answer was lost, nothing is written',
  'attempt.unknown.after': 'the operation is recorded as unknown',
  'attempt.key.before': "the operation's key can have no effect any more, which is not recorded",
  'attempt.key.after': 'the next key is recorded, nothing is sent with it',
  'attempt.answer.before': 'the gateway was busy or has declined it, which is not recorded',
  'attempt.answer.after': 'the answer is recorded',
  'attempt.not-sent.before': 'nothing shows that it was done, which is not recorded',
  'attempt.not-sent.after': 'the operation is recorded as not sent',
  'give-back.claim.before': 'money must go back, nothing is written',
  'give-back.claim.after': 'the operation that gives it back is recorded',
  'wake.before': 'the money run must be signalled',
  'wake.after': 'the money run is signalled, the payment run does not know',
  'close-others.before': "the order's other session must be closed",
  'close-others.after': 'its run is signalled, this run does not know',
  'watch.before': 'the money run has put the payment in REVIEW, its own run must be signalled',
  'watch.after': 'its own run is signalled, the money run does not know',
  'resolve.note.before': 'an operator decides, nothing is written',
  'resolve.note.after': 'the decision is recorded, no run is signalled',
  'resolve.answer.before': 'the decision is carried out, the answer not sent',
} as const;

export type CrashPoint = keyof typeof CRASH_POINTS;

interface Armed {
  readonly marker: string;
  passesLeft: number;
}

const armed = new Map<string, Armed>();

/**
 * `point`, `point@order` or `point@order#pass`: at the first pass of any order, at the first pass of this
 * order, or at its nth pass.
 */
export function isCrashPoint(text: string): boolean {
  return (
    Object.hasOwn(CRASH_POINTS, text.split('@')[0] ?? '') && /^[a-z.-]+(@[A-Za-z0-9._-]+(#\d)?)?$/.test(text)
  );
}

/**
 * Arms the given points. A file beside the DATA_DIR records which have fired, so that the next process
 * survives.
 */
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
 * An effect with a crash point before it, after it, or both. Where none is armed, it is only the effect. Its
 * second argument says which order it is for: by its `orderReference`, or by `orderOf`.
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
  // Not `exit`: nothing may be cleaned up.
  process.kill(process.pid, 'SIGKILL');
}
