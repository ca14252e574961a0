/** .env.example has every variable, with its real default, and explains each. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { KNOWN_VARIABLES } from '../../src/config/config.ts';
import { CORE_SECRETS, CORE_VARIABLES } from '../../src/config/core-variables.ts';
import { secretsOf } from '../../src/config/gateway-variables.ts';
import { GATEWAYS } from '../../src/gateways/registry.ts';
import { ROOT } from './support/compose.ts';

interface Line {
  readonly name: string;
  readonly value: string;
  readonly comment: string;
}

const LINES: readonly Line[] = [
  ...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^# (.+)\n#([A-Z_]+)=(.*)$/gm),
].map(([, comment = '', name = '', value = '']) => ({ name, value, comment }));
const SECRETS = [...CORE_SECRETS, ...secretsOf(GATEWAYS)];
const SHAPES: Readonly<Record<string, z.ZodType>> = {
  ...CORE_VARIABLES,
  ...Object.assign({}, ...GATEWAYS.map(({ variables }) => variables.shape)),
};

describe('.env.example', () => {
  it('has every variable once, and no other', () => {
    const names = LINES.map(({ name }) => name.replace(/_FILE$/, ''));
    expect(names.toSorted()).toEqual([...KNOWN_VARIABLES].toSorted());
  });

  it('explains each in one sentence, and marks the secrets', () => {
    for (const { name, comment } of LINES) {
      expect(comment).toMatch(/^[A-Z].{15,}\.$/);
      const isSecret = SECRETS.includes(name.replace(/_FILE$/, ''));
      expect([name, comment.startsWith('Secret: ')]).toEqual([name, isSecret]);
    }
  });

  it('shows the default of each that has one, and none of these lines is active', () => {
    let compared = 0;
    for (const { name, value } of LINES) {
      const byDefault = SHAPES[name]?.safeParse(undefined);
      // A secret has no value to show, also where its absence has a meaning.
      if (byDefault?.success !== true || byDefault.data === undefined || value === '…') continue;
      compared += 1;
      expect([name, SHAPES[name]?.parse(value)]).toEqual([name, byDefault.data]);
    }
    expect(compared).toBeGreaterThan(25);
    expect(readFileSync(join(ROOT, '.env.example'), 'utf8')).not.toMatch(/^[^#\n]/m);
  });
});
