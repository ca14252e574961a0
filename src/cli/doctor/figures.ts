/** `/metrics` of the running service, read. */
import type { Config } from '../../config.ts';

/** What it counts. */
export interface Figures {
  /** The value of a figure with these labels; undefined where it has not been counted. */
  of(name: string, labels?: Record<string, string>): number | undefined;
  all(name: string): { labels: Record<string, string>; value: number }[];
}

/** @throws Error where it does not answer */
export async function readFigures({ ADMIN_PORT: admin, PUBLIC_URL: url }: Config): Promise<Figures> {
  const base = admin === undefined ? url : `http://127.0.0.1:${admin}`;
  const response = await fetch(`${base}/metrics`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${base}/metrics answered ${response.status}`);
  const lines = (await response.text()).split('\n').flatMap(parseLine);
  const all = (name: string) => lines.filter((line) => line.name === name);
  return {
    all,
    of: (name, labels = {}) =>
      all(name).find((line) => Object.entries(labels).every(([key, value]) => line.labels[key] === value))
        ?.value,
  };
}

function parseLine(line: string): { name: string; labels: Record<string, string>; value: number }[] {
  const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) return [];
  const pairs = [...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1], match[2]]);
  return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
}
