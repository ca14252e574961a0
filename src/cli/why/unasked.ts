import type { ClientConfig } from '../../config/config.ts';

export interface Unasked {
  readonly kind: 'unasked';
  readonly reason: string;
}

/** Temporal gave no answer, and why. */
export function unasked({ TEMPORAL_ADDRESS: address }: ClientConfig, { message, cause }: Error): Unasked {
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return { kind: 'unasked', reason: `Temporal at ${address} (${why})` };
}
