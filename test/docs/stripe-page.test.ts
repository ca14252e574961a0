import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { API_VERSION } from '../../src/gateways/stripe/client.ts';
import { SUBSCRIBED_EVENTS } from '../../src/gateways/stripe/event-types.ts';
import { STRIPE_OPTIONS } from '../../src/gateways/stripe/options.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'stripe.md'), 'utf8');

describe('docs/stripe.md', () => {
  it('names the events and the version of the endpoint, and no other event', () => {
    const [, section = ''] = PAGE.split('The endpoint gets these events');
    const listed = [...(section.split('\n\n')[1] ?? '').matchAll(/`([a-z_.]+)`/g)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set(SUBSCRIBED_EVENTS));
    expect(PAGE).toContain(`\`${API_VERSION}\``);
  });

  it('names every option', () => {
    for (const name of Object.keys(STRIPE_OPTIONS.shape)) expect(PAGE).toContain(`\`${name}\``);
  });

  it('has an environment with which a process starts', () => {
    const [, lines = ''] = /```ini\n([^`]+)```/.exec(PAGE) ?? [];
    const pairs = lines.split('\n').filter((line) => /^[A-Z_]+=/.test(line));
    const env = Object.fromEntries(pairs.map((line) => /^([A-Z_]+)=(.*)$/.exec(line)?.slice(1) ?? []));
    const [gateway, ...others] = readConfig(env as NodeJS.ProcessEnv).gateways;
    expect(gateway?.descriptor.id).toBe('stripe');
    expect(others).toEqual([]);
  });
});
