/** One line of the answer of `paidonce golive` and `paidonce conformance`: contract §10. */
export interface ProofCheck {
  readonly id: string;
  readonly title: string;
  /** Null: it could not be checked. `evidence` says why. */
  readonly ok: boolean | null;
  readonly evidence: string;
  readonly advice?: string;
}

/** How many checks had this result. */
export function countOf(checks: readonly ProofCheck[], ok: ProofCheck['ok']): number {
  return checks.filter((check) => check.ok === ok).length;
}
