/** Version 2: a parcel is weighed first. What version 1 has begun goes on as it was. */
import { patched } from '@temporalio/workflow';
import { send, weigh } from './activities.ts';

export async function parcel(name: string): Promise<void> {
  if (patched('weigh-first')) await weigh(name);
  await send(name);
}
