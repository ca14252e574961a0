/** An access token that is requested once for all waiting callers, and renewed before it expires. */

export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

export interface TokenSource {
  /** A valid token. @throws what the request throws */
  current(): Promise<string>;
  /** Drops a token that was refused, so that the next one is new. */
  discard(value: string): void;
}

interface KeptToken {
  readonly value: string;
  /** The token is to be renewed from this time on. */
  readonly goodUntil: number;
  readonly expiresAt: number;
}

/**
 * `request` calls the gateway. It gets no caller's AbortSignal, since other callers may wait for the same
 * token.
 */
export function createTokenSource(request: () => Promise<Token>, now: () => Date): TokenSource {
  let kept: KeptToken | undefined;
  let asked: Promise<KeptToken> | undefined;
  const ask = async (): Promise<KeptToken> => {
    try {
      const askedAt = now().getTime();
      return (kept = keptFrom(await request(), askedAt));
    } finally {
      asked = undefined;
    }
  };
  return {
    async current() {
      const at = now().getTime();
      if (kept !== undefined && at < kept.goodUntil) return kept.value;
      const renewed = (asked ??= ask());
      if (kept === undefined || at >= kept.expiresAt) return (await renewed).value;
      // The token is still valid, so no call waits for a renewal that may hang.
      renewed.catch(() => undefined);
      return kept.value;
    },
    discard(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}

/** Subtracts a margin for clock differences and for the time that a call takes. */
function keptFrom({ value, lifetimeMs }: Token, askedAt: number): KeptToken {
  return {
    value,
    goodUntil: askedAt + lifetimeMs - Math.min(60_000, lifetimeMs / 10),
    expiresAt: askedAt + lifetimeMs - Math.min(5_000, lifetimeMs / 20),
  };
}
