/** With PostgreSQL: API and worker are two processes. */
import { afterAll, beforeAll, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { expectKillsSurvived } from './support/kill.ts';
import { startStack, type Stack } from './support/stack.ts';

let postgres: TestPostgres;
let stack: Stack;

beforeAll(async () => {
  postgres = await startPostgres();
  // No sweep: every callback must have its effect by itself.
  stack = await startStack({ gateway: 'stripe', databaseUrl: await postgres.createMigratedDatabase() });
}, 300_000);

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

it.each(['worker', 'api'] as const)(
  'kills of %s, three times at any moment, lose nothing and double nothing',
  (name) => expectKillsSurvived(stack, [name], 3),
  600_000,
);
