/**
 * The innermost reason of an error, in one line: a failed statement's own words repeat the values that were to be written, and
 * an outer error mostly says no more than that something failed.
 */
export function rootOf(error: unknown): string {
  let at = error;
  // By its shape: an error of Node's own is no `instanceof Error` inside a VM context, where tests run.
  while (isErrorLike(at) && isErrorLike(at.cause)) at = at.cause;
  if (!isErrorLike(at)) return 'no reason given';
  // Several addresses that all refused are one error without words.
  const text = at.message || at.code || at.name || 'no reason given';
  // gRPC appends advice about its own internals.
  return (text.split(/\n| Resolution note/)[0] ?? text).slice(0, 300);
}

interface ErrorLike {
  readonly message?: string;
  readonly code?: string;
  readonly name?: string;
  readonly cause?: unknown;
}

function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null;
}
