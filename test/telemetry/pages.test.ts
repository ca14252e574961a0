/** The pages that promise to be complete. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { KNOWN_VARIABLES } from '../../src/config/config.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const read = (...path: string[]) => readFileSync(join(import.meta.dirname, '..', '..', ...path), 'utf8');

function namesIn(text: string, pattern: RegExp): string[] {
  const found = [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  return [...new Set(found)].toSorted();
}

describe('docs/operations.md', () => {
  it('lists every metric, and no unknown one', async () => {
    const figures = await createMetrics().registry.getMetricsAsJSON();
    const listed = namesIn(read('docs', 'operations.md'), /^\| `(paidonce_\w+)`/gm);
    expect(listed).toEqual(figures.map(({ name }) => name).toSorted());
  });
});

describe('docs/run-in-production.md', () => {
  it('lists every variable of the configuration, and no unknown one', () => {
    const known = KNOWN_VARIABLES.toSorted();
    const settings = read('docs', 'run-in-production.md').split('## Settings')[1]?.split('\n## ')[0] ?? '';
    const rows = settings.split('\n').filter((line) => line.startsWith('| `'));
    const listed = namesIn(rows.map((row) => row.split('|')[1]).join('\n'), /`([A-Z][A-Z_]+)`/g);
    expect(known).toContain('DINTERO_SIGNATURE_SECRETS');
    // Refused where money is real; CONTRIBUTING.md describes it.
    expect(listed).toEqual(known.filter((name) => name !== 'PAIDONCE_CRASH_AT'));
  });
});
