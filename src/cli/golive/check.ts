/** What `paidonce golive` has found out about a deployment. */
import type { ProofCheck } from '../proof-check.ts';

/** The result of a check, without its name. */
export type Finding = Pick<ProofCheck, 'ok' | 'evidence' | 'advice'>;

export function proved(evidence: string): Finding {
  return { ok: true, evidence };
}

export function broken(evidence: string, advice: string): Finding {
  return { ok: false, evidence, advice };
}

/** @param evidence why it can't be checked here */
export function unknown(evidence: string, advice?: string): Finding {
  return { ok: null, evidence, ...(advice !== undefined && { advice }) };
}

/** `broken` where there are complaints. */
export function judged(complaints: readonly string[], evidence: string, advice: string): Finding {
  return complaints.length === 0 ? proved(evidence) : broken(complaints.slice(0, 5).join('; '), advice);
}

/** A check that throws is broken: something that it needs did not work. */
export async function attempt(find: () => Promise<Finding>): Promise<Finding> {
  try {
    return await find();
  } catch (error) {
    const { message } = error as Error;
    return broken(message, 'repair that, and run golive again');
  }
}
