/** The figures of this process's `/metrics`, for checks. */
import type { Registry } from 'prom-client';

/** Figures by name and labels. */
export interface Figures {
  /** The value of a figure with these labels; undefined if it has not been counted. */
  of(name: string, labels?: Record<string, string>): number | undefined;
  all(name: string): { labels: Record<string, string>; value: number }[];
}

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
