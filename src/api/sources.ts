import { BlockList, isIPv6 } from 'node:net';
import type { Config } from '../config.ts';
import type { Service } from '../service.ts';
import { Problem } from './problem.ts';

export interface SourcePolicy {
  /** Counts, and refuses where that is the policy, a callback from an address that is not the gateway's. @throws Problem */
  check(gateway: string, ip: string): void;
}

/** The signature decides; an address only raises or lowers an alarm, unless the merchant wants it to refuse. */
export function createSourcePolicy({
  config,
  log,
  metrics,
}: Pick<Service, 'config' | 'log' | 'metrics'>): SourcePolicy {
  const allowed = new Map([['dintero', blockListOf(config.DINTERO_ALLOWED_IPS)]]);
  return {
    check(gateway, ip) {
      const list = allowed.get(gateway);
      if (list === undefined || list === null || list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4')) return;
      metrics.deliveries.inc({ gateway, outcome: 'foreign_source', reason: config.DINTERO_IP_POLICY });
      log.warn({ gateway }, 'a callback from an address that is not on the list; is TRUST_PROXY right?');
      if (config.DINTERO_IP_POLICY === 'refuse')
        throw new Problem('source_not_allowed', 'this address is not on the list');
    },
  };
}

function blockListOf(ips: Config['DINTERO_ALLOWED_IPS']): BlockList | null {
  if (ips === undefined) return null;
  const list = new BlockList();
  for (const ip of ips) list.addAddress(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  return list;
}
