/** With the embedded store: API and worker are one process, and Stripe's sandbox is another one. */
import { afterAll, beforeAll, it } from '@jest/globals';
import { expectKillsSurvived } from './support/kill-often.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateway: 'stripe', env: SWEEPS });
}, 300_000);

afterAll(() => stack?.stop());

it.each(['serve', 'stripe'] as const)(
  'four kills of %s, at any moment, double nothing and lose nothing of thirty orders at Stripe',
  (name) => expectKillsSurvived(stack, name, 'Stripe'),
  600_000,
);
