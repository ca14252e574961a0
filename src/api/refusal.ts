/** Why a call is refused. Use cases throw it and know nothing of HTTP: `http/problem.ts` alone says which answer a code is. */

import type { PROBLEMS } from './http/problem.ts';

/** Stable and published: made for programs. The one table of codes is a type here, so that its statuses stay with HTTP. */
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
  /** Why, in the gateway's words. */
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

/** For fields that a schema alone can't refuse. */
export function wrongFields(what: string, errors: readonly FieldProblem[]): Refusal {
  return new Refusal('invalid_request', `${what} has fields that are not as expected`, { errors });
}
