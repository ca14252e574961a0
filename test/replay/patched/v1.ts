/** Version 1: parcels that it began are still running. */
import { send } from './activities.ts';

export async function parcel(name: string): Promise<void> {
  await send(name);
}
