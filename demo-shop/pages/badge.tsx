import type { VNode } from 'preact';
import { inWords } from '../order-state.ts';

/** An order's state as a coloured label. */
export function Badge({ state, big }: { state: string; big?: boolean }): VNode {
  const { label, tone } = inWords(state);
  return <span class={`badge ${tone}${big ? ' big' : ''}`}>{label}</span>;
}
