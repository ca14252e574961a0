/** Bugs that people make in payment systems, each planted in the place of functions of ours: what the model is worth is whether it finds them. */
import { LATE_MONEY } from './plants/late-money.ts';
import { MESSAGES } from './plants/messages.ts';
import { OPENINGS } from './plants/openings.ts';
import { OPERATIONS } from './plants/operations.ts';
import type { Plants } from './plants/plant.ts';
import { READINGS } from './plants/readings.ts';

export const PLANTS: Plants = { ...OPENINGS, ...READINGS, ...MESSAGES, ...OPERATIONS, ...LATE_MONEY };
