/** A rule of CODEOWNERS for a folder that was moved requests no review, without an error. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
const lines = readFileSync(join(ROOT, 'CODEOWNERS'), 'utf8').split('\n');
const patterns = lines.filter((line) => /^[/*]/.test(line)).map((line) => line.split(/\s+/)[0] ?? '');

it('CODEOWNERS names only existing files', () => {
  expect(patterns[0]).toBe('*');
  expect(patterns.length).toBeGreaterThan(5);
  expect(patterns.slice(1).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
