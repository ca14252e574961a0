/** Two API processes share one store and one Temporal, as behind a load balancer. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '../support/ports.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { createCall, type Call } from './support/http.ts';
import { newOrder } from './support/shop.ts';
import { API_KEY, startStack, type Stack } from './support/stack.ts';

const ORDERS = 10;
const CLICKS = 4;

let postgres: TestPostgres;
let stack: Stack;
let other: Call;

beforeAll(async () => {
  postgres = await startPostgres();
  stack = await startStack({ databaseUrl: await postgres.createMigratedDatabase() });
  const port = await freePort();
  await stack.launchRole('api', { PORT: String(port), ADMIN_PORT: String(port) });
  other = createCall(`http://127.0.0.1:${port}`, { authorization: `Bearer ${API_KEY}` });
  await until('the second API answers', () =>
    other('GET', '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
}, 300_000);
afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

it.each([
  [300, ORDERS],
  [4_000, 1],
])(
  'two APIs hand out one session of an order, although the gateway takes %s ms',
  async (delayMs, orders) => {
    await stack.sandbox.faults({ create: { delayMs } });
    const calls = Array.from({ length: CLICKS }, (_, n) => (n % 2 === 0 ? stack.call : other));
    for (let n = 0; n < orders; n += 1) {
      const reference = newOrder('two');
      const body = { order: { reference, amount: 29_990, currency: 'NOK' } };
      const answers = await Promise.all(calls.map((call) => call('POST', '/v1/payments', body)));
      expect(answers.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([
        200, 200, 200, 201,
      ]);
      const handedOut = new Set(answers.map(({ body: { sessionId } }) => sessionId));
      const made = await stack.sandbox.sessionsOf(reference);
      expect([...handedOut]).toEqual(made.map(({ session }) => session.id));
    }
  },
  120_000,
);
