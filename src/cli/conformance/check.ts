/** What `paidonce conformance` asks of a shop, and what came of it. */
import type { ProofCheck } from '../proof-check.ts';

/** What is checked, and what to do where it fails. */
export type Question = Pick<ProofCheck, 'id' | 'title'> & { readonly advice: string };

export function answered(
  { id, title, advice }: Question,
  { ok, evidence }: Pick<ProofCheck, 'ok' | 'evidence'>,
): ProofCheck {
  return { id, title, ok, evidence, ...(ok !== true && { advice }) };
}
