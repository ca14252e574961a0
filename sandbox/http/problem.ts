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

/** The body of a problem. */
export function problemBody(problem: Problem): { error: Record<string, unknown> } {
  return {
    error: {
      message: problem.message,
      ...(problem.code === undefined ? {} : { code: problem.code }),
      ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    },
  };
}

/** A 400 for wrong fields, in Dintero's form. */
export function invalid(...descriptions: string[]): Problem {
  const errors = descriptions.map((description) => ({ description }));
  return new Problem(400, descriptions.join('; '), 'INVALID_REQUEST_PARAMETER', errors);
}
