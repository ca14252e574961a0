/** What `/metrics` of this process shows, as figures that can be read. */
import type { Registry } from 'prom-client';

/** Figures by name and labels. */
export interface Figures {
  /** The value of a figure with these labels; undefined where it has not been counted. */
  of(name: string, labels?: Record<string, string>): number | undefined;
  all(name: string): { labels: Record<string, string>; value: number }[];
}

/** Those of a process, as `/metrics` shows them. */
export async function figuresOf(registry: Registry): Promise<Figures> {
  const shown = await registry.getMetricsAsJSON();
  const all = (wanted: string) =>
    shown
      .filter(({ name }) => name === wanted)
      .flatMap(({ values }) => values as unknown as { labels: Record<string, string>; value: number }[]);
  return {
    all,
    of: (name, labels = {}) =>
      all(name).find((found) => Object.entries(labels).every(([key, value]) => found.labels[key] === value))
        ?.value,
  };
}
