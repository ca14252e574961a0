/** The exceptions of `mutations.ts`. Those of the blocks are compared in `histories.test.ts`. */
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { EQUIVALENT, exceptionFor, SHOWN_ONLY } from './exceptions.ts';
import { allMutants } from './mutants.ts';
import { sourceLine, workflowDeclarations } from './sources.ts';

const ROOT = join(import.meta.dirname, '..', '..');

it('every fault that no history shows can still be planted', () => {
  const faults = allMutants(ROOT).map((mutant) => ({
    file: mutant.file,
    line: sourceLine(ROOT, mutant),
    fault: `${mutant.from} → ${mutant.to}`,
  }));
  expect(faults.length).toBeGreaterThan(1_000);
  const stale = EQUIVALENT.filter(
    (one) => !faults.some(({ file, line, fault }) => exceptionFor([one], file, line, fault) !== undefined),
  );
  expect(stale).toEqual([]);
});

it('every function that only a query uses still exists', () => {
  const names = new Set(workflowDeclarations(ROOT).flatMap((declaration) => declaration.names));
  expect([...SHOWN_ONLY].filter((name) => !names.has(name))).toEqual([]);
});
