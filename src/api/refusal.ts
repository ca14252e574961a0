/**
 * The reason why a call is refused. Use cases throw it without knowing HTTP: only `http/problem.ts` maps a
 * code to an answer.
 */

import type { PROBLEMS } from './http/problem.ts';

/**
 * Stable and published, for programs. The table of codes is imported as a type only, so that the statuses
 * stay in `http/`.
 */
export type ProblemCode = keyof typeof PROBLEMS;

/** A field that is not as expected. */
export interface FieldProblem {
  /** A JSON Pointer into the body, or the name of a query parameter. */
  readonly pointer: string;
  readonly detail: string;
}

export interface RefusalData {
  readonly errors?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
  /** The reason as the gateway gave it. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** Its message says what was wrong, what was expected and what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly data: Omit<RefusalData, 'cause'>;

  constructor(code: ProblemCode, detail: string, { cause, ...data }: RefusalData = {}) {
    super(detail, { cause });
    this.code = code;
    this.data = data;
  }
}

/** A refusal of fields that a schema alone can't check. */
export function wrongFields(what: string, errors: readonly FieldProblem[]): Refusal {
  return new Refusal('invalid_request', `${what} has fields that are not as expected`, { errors });
}
