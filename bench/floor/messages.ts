import { defineSignal, defineUpdate } from '@temporalio/workflow';

export const FLOOR_QUEUE = 'bench-floor';

export const open = defineUpdate('open');
export const paid = defineSignal('paid');
