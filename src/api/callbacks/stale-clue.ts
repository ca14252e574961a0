/** The clue of a valid signature that is too old, or from the future. */
import type { Clue } from '../../domain/refusal-clue.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import type { Delivery } from '../../gateways/verification.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** How much our clock may differ from the gateway's and still count as right. */
const TOLERATED_S = 60;

/** Says whose clock is wrong, by the Date header of the gateway's last answer to this process. */
export async function staleClues(
  gateway: Gateway,
  { ageSeconds, secretIndex, secretFingerprint: fingerprint }: Delivery,
  { clockSkew, refusalClues }: Pick<Metrics, 'clockSkew' | 'refusalClues'>,
): Promise<readonly Clue[]> {
  refusalClues.inc({ gateway: gateway.id, code: 'out_of_tolerance' });
  const { values } = await clockSkew.get();
  const skew = values.find(({ labels }) => labels.gateway === gateway.id)?.value;
  const variable = gateway.secrets.find(
    ({ fingerprints }) => fingerprints[secretIndex] === fingerprint,
  )?.variable;
  const secret = variable === undefined ? {} : { secret: { variable, place: secretIndex, fingerprint } };
  const clock = clockBy(skew, ageSeconds);
  return [{ code: 'out_of_tolerance', seconds: Math.round(ageSeconds), clock, ...secret }];
}

/** Ours is wrong where its distance from the gateway's clock explains most of the signature's age. */
function clockBy(skew: number | undefined, ageSeconds: number): NonNullable<Clue['clock']> {
  if (skew === undefined) return 'unknown';
  if (Math.abs(skew) <= TOLERATED_S) return 'right';
  return Math.abs(ageSeconds - skew) < Math.abs(ageSeconds) / 2 ? 'ours' : 'right';
}
