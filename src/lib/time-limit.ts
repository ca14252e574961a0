/** Time limits for calls that might never end. */

/**
 * The call's answer, or the error of `tooLate` once the time is over. Errors of the call are thrown
 * unchanged; a failure after the time is ignored.
 */
export async function inTime<Answer>(
  call: Promise<Answer>,
  ms: number,
  tooLate: () => Error = () => new DOMException(`no answer within ${ms} ms`, 'TimeoutError'),
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
    call.catch(() => undefined);
  }
}

/**
 * Runs `work` with a signal that aborts once the time is over (a `TimeoutError`), or when one of `others`
 * does (with its reason). Not `AbortSignal.any` over `AbortSignal.timeout`: the timeout can be collected
 * before it fires, and then never fires (nodejs/node#57736).
 */
export async function withTimeLimit<Answer>(
  ms: number,
  others: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const limit = new AbortController();
  const tooLate = () => limit.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
  const timer = setTimeout(tooLate, ms);
  const passOn = others
    .filter((signal) => signal !== undefined)
    .map((signal) => ({ signal, abort: () => limit.abort(signal.reason) }));
  for (const { signal, abort } of passOn) {
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  }
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    for (const { signal, abort } of passOn) signal.removeEventListener('abort', abort);
  }
}
