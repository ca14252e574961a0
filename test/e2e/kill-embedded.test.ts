/** With the embedded store: API and worker are one process. */
import { afterAll, beforeAll, it } from '@jest/globals';
import { expectKillSurvived } from './support/kill.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ env: SWEEPS });
}, 300_000);

afterAll(() => stack?.stop());

it.each(['serve', 'sandbox', 'temporal'] as const)(
  'the kill of %s among fifty payers loses nothing',
  (name) => expectKillSurvived(stack, name),
  240_000,
);
