/** An access token that is asked for once however many wait for it, and renewed before it expires. */

export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

export interface TokenSource {
  /** A token that is still good. @throws what asking throws */
  current(): Promise<string>;
  /** Says that this token was refused, so that the next one is new. */
  discard(value: string): void;
}

interface KeptToken {
  readonly value: string;
  /** To be renewed from then on. */
  readonly goodUntil: number;
  readonly expiresAt: number;
}

/** `request` asks the gateway. It gets no AbortSignal of a caller: others may be waiting for the same token. */
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
      // Still good: no call waits for a renewal that may hang.
      renewed.catch(() => undefined);
      return kept.value;
    },
    discard(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}

/** Less a skew, and less what the way to the gateway takes. */
function keptFrom({ value, lifetimeMs }: Token, askedAt: number): KeptToken {
  return {
    value,
    goodUntil: askedAt + lifetimeMs - Math.min(60_000, lifetimeMs / 10),
    expiresAt: askedAt + lifetimeMs - Math.min(5_000, lifetimeMs / 20),
  };
}
