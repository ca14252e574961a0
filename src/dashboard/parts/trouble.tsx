import type { VNode } from 'preact';
import type { Trouble } from '../visit.ts';
import { shown } from './text.ts';

/** Says that a part of the page is missing, and why. */
export function TroubleNote({ trouble, what }: { trouble: Trouble; what: string }): VNode {
  return (
    <p class="notice" role="note">
      {what} can’t be shown: {shown(trouble.text, 600)} (code <code>{shown(trouble.code, 60)}</code>)
    </p>
  );
}
