/** With the embedded store: API and worker are one process, and each sandbox is another one. */
import { afterAll, beforeAll, it } from '@jest/globals';
import { expectKillsSurvived } from './support/kill.ts';
import { startStack, SWEEPS, type Name, type Stack } from './support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateway: 'stripe', env: SWEEPS });
}, 300_000);

afterAll(() => stack?.stop());

it.each<[string, number, readonly Name[]]>([
  ['serve', 3, ['serve']],
  ['Temporal', 1, ['temporal']],
  ['both gateways', 2, ['sandbox', 'stripe']],
])(
  'kills of %s, %s times at any moment, lose nothing and double nothing',
  (_, kills, names) => expectKillsSurvived(stack, names, kills),
  600_000,
);
