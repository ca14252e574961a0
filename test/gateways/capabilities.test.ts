import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf } from '../../src/gateways/capabilities.ts';
import { GATEWAYS } from '../../src/gateways/registry.ts';

const COPY = join(import.meta.dirname, '..', '..', 'docs', 'capabilities.json');

describe('docs/capabilities.json', () => {
  it('says of every gateway what its traits say', () => {
    const all = { gateways: GATEWAYS.map(capabilitiesOf) };
    if (process.env['UPDATE'] === '1') writeFileSync(COPY, `${JSON.stringify(all, null, 2)}\n`);
    const hint = 'run this test with UPDATE=1, npx oxfmt docs/capabilities.json, and commit it';
    expect({ hint, ...(JSON.parse(readFileSync(COPY, 'utf8')) as object) }).toEqual({ hint, ...all });
  });
});
