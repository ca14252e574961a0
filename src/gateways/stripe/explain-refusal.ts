import type { Clue } from '../../domain/refusal-clue.ts';
import type { KnownSecret, RawRequest } from '../verification.ts';
import { bodyVariants } from '../shared/body-variants.ts';
import {
  explainSignature,
  orElse,
  type SignatureHeader,
  type SigningScheme,
  type Variant,
} from '../shared/explain-signature.ts';
import { hmac, parseHeader } from './signature.ts';

/** Why a refused webhook might have been genuine: its secret, its header or its body was another one. */
export function explainRefusal(
  request: RawRequest,
  { mode, secrets }: { readonly mode: 'test' | 'live'; readonly secrets: readonly string[] },
  known: readonly KnownSecret[],
): readonly Clue[] {
  const { body } = request;
  const clues = explainSignature(request, schemeOf(body, secrets), known);
  return orElse(clues, () => (body.length === 0 ? { code: 'body_missing' } : otherMode(body, mode)));
}

function schemeOf(body: Buffer, secrets: readonly string[]): SigningScheme {
  const signed = (timestamp: string, bytes: Buffer) => Buffer.concat([Buffer.from(`${timestamp}.`), bytes]);
  return {
    header: 'stripe-signature',
    variable: 'STRIPE_WEBHOOK_SECRETS',
    secrets,
    parse: (value) => read(value),
    parseOther(value) {
      const [, scheme] = /(?:^|,)\s*(v\d{1,2})=[0-9a-f]{64}(?:,|$)/.exec(value) ?? [];
      const parsed = scheme === undefined ? null : read(value, scheme);
      return parsed === null || scheme === undefined ? null : { ...parsed, scheme };
    },
    sign: hmac,
    asItCame: (timestamp) => signed(timestamp, body),
    *variants(timestamp): Iterable<Variant> {
      for (const { what, body: bytes } of bodyVariants(body))
        yield { clue: { code: 'body_changed', what }, signed: signed(timestamp, bytes) };
    },
  };
}

function read(value: string, scheme?: string): SignatureHeader | null {
  const parsed = parseHeader(value, scheme);
  return typeof parsed === 'string' ? null : parsed;
}

/** A webhook says which mode it is of. Not proved: nothing has matched. */
function otherMode(body: Buffer, mode: 'test' | 'live'): Clue | null {
  const [, live] = /"livemode"\s*:\s*(true|false)/.exec(body.toString('latin1')) ?? [];
  if (live === undefined || (live === 'true') === (mode === 'live')) return null;
  return { code: 'other_mode', what: live === 'true' ? 'live' : 'test' };
}
