/** With the embedded store: API and worker are one process, and each sandbox is another one. */
import { afterAll, beforeAll, it } from '@jest/globals';
import { expectKillsSurvived } from './support/kill.ts';
import { startStack, SWEEPS, type Name, type Stack } from './support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateway: 'stripe', env: SWEEPS });
}, 300_000);

afterAll(() => stack?.stop());

it.each<[string, readonly Name[]]>([
  ['serve', ['serve']],
  ['Temporal', ['temporal']],
  ['both gateways', ['sandbox', 'stripe']],
])(
  'three kills of %s, at any moment, lose nothing and double nothing',
  (_, names) => expectKillsSurvived(stack, names),
  600_000,
);
