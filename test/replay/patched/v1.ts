/** Version 1: parcels are on their way that were begun by it. */
import { send } from './activities.ts';

export async function parcel(name: string): Promise<void> {
  await send(name);
}
