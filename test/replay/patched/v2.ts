/** Version 2: a parcel is weighed first. Runs of version 1 continue as before. */
import { patched } from '@temporalio/workflow';
import { send, weigh } from './activities.ts';

export async function parcel(name: string): Promise<void> {
  if (patched('weigh-first')) await weigh(name);
  await send(name);
}
