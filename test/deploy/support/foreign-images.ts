/** What replaces the images of docker-compose.yml that are not ours. */
import { join } from 'node:path';

interface ForeignImage {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Files of the image, and those that replace them. */
  readonly paths: Readonly<Record<string, string>>;
}

/** Their programs are not in any registry of packages. */
export const ONLY_AS_IMAGES = ['temporalio/ui', 'grafana/grafana'];

/** A Temporal server listens on more ports, which a container has for itself. */
const TEMPORAL_PORTS = {
  FRONTEND_GRPC_PORT: 7233,
  FRONTEND_HTTP_PORT: 7243,
  FRONTEND_MEMBERSHIP_PORT: 6933,
  HISTORY_GRPC_PORT: 7234,
  HISTORY_MEMBERSHIP_PORT: 6934,
  MATCHING_GRPC_PORT: 7235,
  MATCHING_MEMBERSHIP_PORT: 6935,
  WORKER_GRPC_PORT: 7239,
  WORKER_MEMBERSHIP_PORT: 6939,
};

export function nameOf(image: string): string {
  return image.replace(/:[^:]*$/, '');
}

/** How to start it here: by programs of the same name. */
export function imageOf(image: string, programs: string): ForeignImage {
  return {
    entrypoint: nameOf(image) === 'prom/prometheus' ? ['prometheus'] : [],
    command: [],
    paths: { '/etc/temporal/entrypoint.sh': join(programs, 'entrypoint.sh') },
  };
}

/** Variables with ports of this machine, where the image has fixed ones. */
export function privatePorts(image: string, port: (inside: number) => number): Record<string, string> {
  const ports: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    'temporalio/server': TEMPORAL_PORTS,
    // `pg_isready` takes the port from here.
    postgres: { PGPORT: 5432 },
  };
  const found = ports[nameOf(image)] ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, inside]) => [name, String(port(inside))]));
}
