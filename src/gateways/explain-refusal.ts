/** Why a refused callback might have been genuine, also as a callback of another gateway. */
import { isProof, type Clue } from '../domain/refusal-clue.ts';
import { fingerprintOf } from '../lib/fingerprint.ts';
import type { ConfiguredGateway } from './gateway-descriptor.ts';
import type { Gateway } from './gateway.ts';
import type { KnownSecret, RawRequest } from './verification.ts';

/** Genuine callbacks of a payment are smaller. */
const LARGEST_BODY_BYTES = 64 * 1_024;

interface Configured {
  readonly gateways: readonly ConfiguredGateway[];
  /** The secrets of updates look like those of some gateways. */
  readonly ORDER_WEBHOOK_SECRETS?: readonly string[] | undefined;
}

/** Keeps the secrets to itself: nobody else needs those of all gateways together. */
export function explainWith(
  all: readonly Gateway[],
  configured: Configured,
): (gateway: Gateway, request: RawRequest) => readonly Clue[] {
  const known = knownSecrets(configured);
  return (gateway, request) => {
    if (request.body.length > LARGEST_BODY_BYTES)
      return [{ code: 'not_examined', what: `its body is larger than ${LARGEST_BODY_BYTES} bytes` }];
    const clues = gateway.explainRefusal(request, known);
    // Asked also where the answer is not needed: the time taken must not depend on what was found.
    const [sender] = all.filter((other) => other.id !== gateway.id && 'deliveries' in other.verify(request));
    if (sender === undefined || clues.length === 0 || clues.some(isProof)) return clues;
    return [{ code: 'other_gateway', what: sender.id }];
  };
}

function knownSecrets({ gateways, ORDER_WEBHOOK_SECRETS: ofUpdates = [] }: Configured): KnownSecret[] {
  const ofGateways = gateways.flatMap(({ descriptor: { variables }, values }) =>
    variables.secrets.map((variable) => ({ variable, secrets: [values[variable]].flat() })),
  );
  return [...ofGateways, { variable: 'ORDER_WEBHOOK_SECRETS', secrets: ofUpdates }].flatMap(
    ({ variable, secrets }) =>
      secrets.flatMap((secret, place) =>
        typeof secret === 'string' ? [{ variable, place, fingerprint: fingerprintOf(secret), secret }] : [],
      ),
  );
}
