/**
 * The innermost reason of an error in one line. A failed statement's own message repeats the values to be
 * written, and an outer error mostly says only that something failed.
 */
export function rootOf(error: unknown): string {
  let at = error;
  while (isErrorLike(at) && isErrorLike(at.cause)) at = at.cause;
  if (!isErrorLike(at)) return 'no reason given';
  // If all addresses of a host refuse, Node's error has no message.
  const text = at.message || at.code || at.name || 'no reason given';
  // gRPC appends advice about its own internals.
  return (text.split(/\n| Resolution note/)[0] ?? text).slice(0, 300);
}

/**
 * Whether the error is drizzle's, whose message repeats every value to be written: customers, return keys.
 */
export function isFailedStatement(
  error: unknown,
): error is { readonly query: unknown; readonly cause?: unknown } {
  return isErrorLike(error) && 'query' in error && 'params' in error;
}

export interface ErrorLike {
  readonly message?: string;
  readonly code?: string;
  readonly name?: string;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/**
 * Checks the shape, since Node's own errors are not `instanceof Error` inside a VM context, where tests run.
 */
export function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null;
}

/** Why a `fetch` failed, in a few words. */
export function fetchFailure(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return 'it took too long';
  return cause?.code ?? cause?.message ?? message;
}
