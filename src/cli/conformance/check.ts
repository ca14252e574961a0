/** One line of the answer of `paidonce conformance`. */
export interface Check {
  readonly id: string;
  readonly title: string;
  /** Null: it could not be checked. `evidence` says why. */
  readonly ok: boolean | null;
  readonly evidence: string;
  readonly advice?: string;
}

/** What is checked, and what to do where it fails. */
export type Question = Pick<Check, 'id' | 'title'> & { readonly advice: string };

export function answered(
  { id, title, advice }: Question,
  { ok, evidence }: Pick<Check, 'ok' | 'evidence'>,
): Check {
  return { id, title, ok, evidence, ...(ok !== true && { advice }) };
}
