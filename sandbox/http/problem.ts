/** An answer in Dintero's error shape: `{ error: { message, code?, errors? } }`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string | undefined;
  readonly errors: readonly unknown[] | undefined;

  constructor(status: number, message: string, code?: string, errors?: readonly unknown[]) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** The body that goes with a problem. */
export function problemBody(problem: Problem): { error: Record<string, unknown> } {
  return {
    error: {
      message: problem.message,
      ...(problem.code === undefined ? {} : { code: problem.code }),
      ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    },
  };
}

/** A field that the request got wrong, in the words Dintero uses. */
export function invalid(...descriptions: string[]): Problem {
  const errors = descriptions.map((description) => ({ description }));
  return new Problem(400, descriptions.join('; '), 'INVALID_REQUEST_PARAMETER', errors);
}
