/**
 * Version 3, once no run of version 1 is open: the old branch is gone, and the mark is written only for runs
 * of version 2.
 */
import { deprecatePatch } from '@temporalio/workflow';
import { send, weigh } from './activities.ts';

export async function parcel(name: string): Promise<void> {
  deprecatePatch('weigh-first');
  await weigh(name);
  await send(name);
}
