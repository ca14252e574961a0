/**
 * The place on this machine of everything in the network of docker-compose.yml: each port of each service is
 * a free port of 127.0.0.1.
 */
import { freePort } from '../../support/ports.ts';
import type { Project, Service } from './compose.ts';

export interface Addresses {
  readonly port: (service: string, inside: number) => number;
  /**
   * Addresses in a text, `host:port`: services by their names and aliases, 127.0.0.1 by the ports that the
   * file publishes. Inside a container, which `inside` names, 127.0.0.1 and 0.0.0.0 are that container.
   * @throws Error for an address that the file does not have
   */
  readonly translate: (text: string, inside?: string) => string;
}

/** More fields than the file has. */
const PORTS = 48;
const ADDRESS = /\b([a-z][a-z0-9.-]*|127\.0\.0\.1|0\.0\.0\.0):(\d{4,5})\b/g;

/** `listening` are the ports that listen already, by `service:port`. */
export async function createAddresses(
  project: Project,
  listening: Readonly<Record<string, number>>,
): Promise<Addresses> {
  const free: number[] = [];
  while (free.length < PORTS) free.push(await freePort());
  const ports = new Map(Object.entries(listening));
  const port = (service: string, inside: number): number => {
    const place = `${service}:${inside}`;
    const found = ports.get(place) ?? free.pop() ?? 0;
    ports.set(place, found);
    return found;
  };
  return {
    port,
    translate: (text, inside) =>
      text.replace(ADDRESS, (address, host: string, digits: string) => {
        const place = placeOf(project, { host, digits, inside });
        if (place === null) throw new Error(`no service of docker-compose.yml is at ${address}`);
        return `127.0.0.1:${port(place.service, place.inside)}`;
      }),
  };
}

function placeOf(
  project: Project,
  { host, digits, inside }: { host: string; digits: string; inside: string | undefined },
): { service: string; inside: number } | null {
  if (host === '127.0.0.1' && inside === undefined) return publishing(project, digits);
  const isItself = host === '127.0.0.1' || host === '0.0.0.0';
  const service = isItself ? inside : nameOf(project, host);
  return service === undefined ? null : { service, inside: Number(digits) };
}

function publishing({ services }: Project, published: string): { service: string; inside: number } | null {
  const all = Object.entries(services).flatMap(([service, { ports = [] }]) =>
    ports.map((each) => ({ service, inside: each.target, published: each.published })),
  );
  return all.find((each) => each.published === published) ?? null;
}

/** By its name, or by an alias in the network. */
function nameOf({ services }: Project, host: string): string | undefined {
  if (host in services) return host;
  const aliases = ({ networks = {} }: Service) =>
    Object.values(networks).flatMap((each) => each?.aliases ?? []);
  return Object.entries(services).find(([, service]) => aliases(service).includes(host))?.[0];
}
