/** The body and the signature of an event that is sent. */
import { patched } from '../../faults/patched.ts';
import type { Delivery, Endpoint } from '../records/stripe-records.ts';
import type { EventPlan } from './event-plan.ts';
import { signatureHeader } from './event-signature.ts';

/** The bytes that are sent. */
export function bodyOf(event: object, plan: EventPlan): string {
  if (plan.nested !== undefined) return '['.repeat(plan.nested) + ']'.repeat(plan.nested);
  if (plan.body !== undefined) return typeof plan.body === 'string' ? plan.body : JSON.stringify(plan.body);
  const shown = {
    ...event,
    ...(plan.eventId === undefined ? {} : { id: plan.eventId }),
    ...(plan.event === undefined ? {} : { type: plan.event }),
    ...(plan.accountId === undefined ? {} : { account: plan.accountId }),
    ...(plan.livemode === undefined ? {} : { livemode: plan.livemode }),
  };
  const text = JSON.stringify(plan.patch === undefined ? shown : patched(shown, plan.patch), null, 2);
  return plan.truncate === true ? text.slice(0, Math.floor(text.length / 2)) : text;
}

/** The signature of one attempt, as its header. */
export function signed(
  { plan, body, createdAt }: Pick<Delivery, 'plan' | 'body' | 'createdAt'>,
  secrets: readonly string[],
  nowMs: number,
): Record<string, string> {
  if (plan.header !== undefined) return { 'stripe-signature': plan.header };
  if (plan.sign === 'none') return {};
  const stampedMs = plan.stampAt === 'enqueue' ? Date.parse(createdAt) : nowMs;
  const t = Math.floor(stampedMs / 1_000) + (plan.t ?? 0);
  return { 'stripe-signature': signatureHeader(body, t, signers(secrets, plan.sign ?? 'ok')) };
}

/** The secrets of an endpoint that sign at a time. */
export function secretsAt(endpoint: Endpoint | undefined, nowMs: number): string[] {
  return (endpoint?.secrets ?? [])
    .filter(({ untilMs }) => untilMs === null || untilMs > nowMs)
    .map(({ secret }) => secret);
}

function signers(secrets: readonly string[], sign: 'ok' | 'wrong' | 'old_secret'): readonly string[] {
  const [newest = '', old = `${newest}-old`] = secrets;
  if (sign === 'wrong') return [`${newest}-wrong`];
  return sign === 'old_secret' ? [old] : secrets;
}
