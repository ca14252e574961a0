/**
 * The source addresses of callbacks. The signature decides. An address that is not listed raises an alarm, or
 * makes the callback refused where the policy says so.
 */
import { BlockList, isIP } from 'node:net';
import type { Delivery, RawRequest, RefusalReason, Verification } from '../../gateways/verification.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import type { Service } from '../../service.ts';
import type { Ingress } from './ingress.ts';
import { Refusal } from '../refusal.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';

export interface SourcedIngress {
  /** Like `Ingress.receive`, for a request from this address. @throws Refusal `source_not_allowed` too */
  receive(gateway: Gateway, request: RawRequest, ip: string): ReturnType<Ingress['receive']>;
}

/** One warning a minute is enough; the metrics count every callback. */
const WARNINGS = { perSecond: 1 / 60, burst: 5 };

/** Our own reason beside those of the gateways; the log and the metrics take any reason. */
const NOT_ALLOWED = 'source_not_allowed' satisfies RefusalReason;
const notOn = (variable: string) =>
  `the signature is valid, but the address is not on ${variable}; check that list and TRUST_PROXY`;

/**
 * Checks the lists of allowed addresses before the ingress. A callback without a valid signature is refused
 * for its signature alone.
 */
export function createSourcedIngress(
  { config, log, metrics }: Pick<Service, 'config' | 'log' | 'metrics'>,
  ingress: Pick<Ingress, 'receive'>,
): SourcedIngress {
  const listed = new Map(
    config.gateways.flatMap(({ descriptor, sources }) =>
      sources === null ? [] : [[descriptor.id, { ...sources, list: listOf(sources.allowed) }] as const],
    ),
  );
  const warnings = new TokenBuckets(WARNINGS.perSecond, WARNINGS.burst);

  function report(gateway: string, reason: WrongSource, detail: string): void {
    metrics.deliveries.inc({ gateway, outcome: 'foreign_source', reason });
    if (warnings.take(gateway)) log.warn({ gateway, reason }, detail);
  }

  return {
    async receive(gateway, request, ip) {
      const sources = listed.get(gateway.id);
      const wrong = sources === undefined ? null : whyNot(sources.list, ip);
      const delivery = wrong === null ? null : provedBy(gateway.verify(request));
      if (sources === undefined || wrong === null || delivery === null)
        return ingress.receive(gateway, request);
      const detail = notOn(sources.variable);
      report(gateway.id, wrong, detail);
      if (sources.policy === 'report') return ingress.receive(gateway, request);
      const verify = (): Verification => distrusted(delivery, detail);
      return ingress.receive({ ...gateway, verify }, request).catch((error: unknown) => {
        throw new Refusal('source_not_allowed', detail, { cause: error });
      });
    },
  };
}

function provedBy(verification: Verification): Delivery | null {
  return 'deliveries' in verification ? verification.deliveries[0] : null;
}

/** Refuses the callback like an unsigned one: it is kept and may cause a look, and nothing more. */
function distrusted({ key, claim }: Delivery, detail: string): Verification {
  return { outcome: 'refused', reason: NOT_ALLOWED, detail, key, claim };
}

type WrongSource = 'not_listed' | 'not_an_address';

function whyNot(list: BlockList, ip: string): WrongSource | null {
  const address = bare(ip);
  const family = isIP(address);
  if (family === 0) return 'not_an_address';
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4') ? null : 'not_listed';
}

function listOf(sources: readonly string[]): BlockList {
  const list = new BlockList();
  for (const source of sources) {
    const [address = '', prefix] = source.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/**
 * Removes the port or the zone that some proxies add to the address. `BlockList` handles IPv4 inside IPv6.
 */
function bare(text: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  const [, beforePort] = /^([\d.]+):\d+$/.exec(text) ?? [];
  return (bracketed ?? beforePort ?? text).replace(/%.*$/, '');
}
