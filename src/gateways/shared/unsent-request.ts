/** Failures before the first byte of a request was sent: connection refused, unknown host, no TLS. */
const UNSENT_CODES =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

const MAX_DEPTH = 5;

/** Whether an error of `fetch` proves that the request was never sent. In doubt it does not. */
export function isUnsent(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return false;
  const { code, syscall, cause } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && UNSENT_CODES.test(code)) return true;
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  // Every address of the host was tried without success.
  const tried: unknown[] = error instanceof AggregateError ? error.errors : [];
  if (tried.length > 0) return tried.every((one) => isUnsent(one, depth + 1));
  return isUnsent(cause, depth + 1);
}
