/** The errors of a gateway's calls: refused for good, or no answer about the payment. */

/** The gateway understood and refused the request: repeating it will not help. */
export class GatewayRejected extends Error {
  override readonly name = 'GatewayRejected';
}

/**
 * Silence (time-out, connection, 5xx), refused credentials or rate (401, 403, 429), or not there yet. It says
 * nothing about the payment and is to be retried. `stopped`: not called at all, since the same call has met
 * only silence for several payments.
 */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable';
  readonly kind: 'silent' | 'stopped' | 'credentials' | 'rate_limited' | 'absent';
  readonly retryAfterMs: number | undefined;
  /**
   * While the call is stopped: when to try this one again. Each waiting call gets another time, so that they
   * do not come all at once.
   */
  readonly turnInMs: number | undefined;

  constructor(
    message: string,
    options: {
      kind: GatewayUnavailable['kind'];
      retryAfterMs?: number | undefined;
      turnInMs?: number;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.kind = options.kind;
    this.retryAfterMs = options.retryAfterMs;
    this.turnInMs = options.turnInMs;
  }
}

/**
 * The gateway keeps a response for this idempotency key that is of no use: a failure of its own, or the
 * response to another request. Only another key can have an effect, and only after a search.
 */
export class KeySpent extends GatewayUnavailable {
  constructor(message: string) {
    super(message, { kind: 'silent' });
  }
}
