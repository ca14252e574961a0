import { afterAll, beforeAll, it } from '@jest/globals';
import { startGatedStack, type GatedStack } from './support/gated-stack.ts';
import { expectSurvived } from './support/outage.ts';

let gated: GatedStack;

beforeAll(async () => {
  gated = await startGatedStack();
}, 300_000);

afterAll(() => gated?.stop());

it('while Temporal is away for a minute every callback is answered 200, and all are paid after it is back', async () => {
  const { stack } = gated;
  await expectSurvived(stack, {
    begin: () => stack.kill('temporal'),
    end: () => stack.start('temporal'),
  });
}, 240_000);
