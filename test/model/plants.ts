/** Typical bugs of payment systems. Each replaces functions of ours. A useful model finds all of them. */
import { KEYED } from './plants/keyed.ts';
import { LATE_MONEY } from './plants/late-money.ts';
import { MESSAGES } from './plants/messages.ts';
import { OPENINGS } from './plants/openings.ts';
import { OPERATIONS } from './plants/operations.ts';
import type { Plants } from './plants/plant.ts';
import { READINGS } from './plants/readings.ts';
import { SURPLUS } from './plants/surplus.ts';

export const PLANTS: Plants = {
  ...OPENINGS,
  ...READINGS,
  ...MESSAGES,
  ...OPERATIONS,
  ...LATE_MONEY,
  ...KEYED,
  ...SURPLUS,
};
