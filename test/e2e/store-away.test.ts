import { afterAll, beforeAll, it } from '@jest/globals';
import { startGatedStack, type GatedStack } from './support/gated-stack.ts';
import { expectSurvived } from './support/outage.ts';

let gated: GatedStack;

beforeAll(async () => {
  gated = await startGatedStack();
}, 300_000);

afterAll(() => gated?.stop());

it('while the store is away for a minute every callback is answered 200, and all are paid after it is back', async () => {
  const { stack, gate } = gated;
  await expectSurvived(stack, { begin: () => gate.shut(), end: () => gate.open() });
}, 240_000);
