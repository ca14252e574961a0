import type { Problem } from './schemas.ts';

export type FieldProblem = NonNullable<Problem['errors']>[number];

/** The API has refused the call. */
export class PaidonceError extends Error {
  override readonly name = 'PaidonceError';
  /** The HTTP status. */
  readonly status: number;
  /**
   * Stable, for programs: `order_already_paid`, `declined` and so on. Codes may be added. `http_<status>` where
   * the answer is not paidonce's own, but a proxy's for example.
   */
  readonly code: string;
  /** What is wrong with each field of the request. */
  readonly errors: readonly FieldProblem[];
  /** The id of the request in the logs of paidonce. */
  readonly requestId: string | null;
  /** After how many seconds the call may be repeated. Null where the answer does not say. */
  readonly retryAfter: number | null;

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    super(problem?.detail ?? problem?.title ?? `paidonce answered ${response.status}`);
    this.status = response.status;
    this.code = problem?.code ?? `http_${response.status}`;
    this.errors = problem?.errors ?? [];
    this.requestId = response.headers.get('x-request-id');
    this.retryAfter = retryAfterOf(response);
  }
}

/** There was no answer, or it is not to be understood: the call may have had its effect. Its `cause` says why. */
export class PaidonceConnectionError extends Error {
  override readonly name = 'PaidonceConnectionError';
}

/** In seconds. Null where the header is missing, or is a date. */
export function retryAfterOf({ headers }: Response): number | null {
  const given = headers.get('retry-after');
  return given !== null && /^\d{1,6}$/.test(given) ? Number(given) : null;
}

function isProblem(body: unknown): body is Partial<Problem> {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}
