import type { VNode } from 'preact';
import { inWords } from '../order-state.ts';

/** An order's state in colour and in words. */
export function Badge({ state, big }: { state: string; big?: boolean }): VNode {
  const { label, tone } = inWords(state);
  return <span class={`badge ${tone}${big ? ' big' : ''}`}>{label}</span>;
}
