/** The activities of the parcel's workflow. */
import { proxyActivities } from '@temporalio/workflow';

export interface ParcelActivities {
  weigh(parcel: string): Promise<number>;
  send(parcel: string): Promise<void>;
}

export const { weigh, send } = proxyActivities<ParcelActivities>({ startToCloseTimeout: '10 seconds' });
