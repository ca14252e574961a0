/**
 * The smallest possible durable payment: opened by an update, woken by a signal, three steps that do nothing.
 */
import { condition, proxyActivities, setHandler } from '@temporalio/workflow';
import type { FloorActivities } from './worker.ts';
import { open, paid } from './messages.ts';

const { openNothing, readNothing, recordNothing } = proxyActivities<FloorActivities>({
  startToCloseTimeout: '1 minute',
});

export async function floor(): Promise<void> {
  let isOpen = false;
  let isPaid = false;
  setHandler(open, () => condition(() => isOpen));
  setHandler(paid, () => {
    isPaid = true;
  });
  await openNothing();
  isOpen = true;
  await condition(() => isPaid, '4 hours');
  await readNothing();
  await recordNothing();
}
