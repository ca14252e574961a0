import type { VNode } from 'preact';
import { span, utc } from './text.ts';

/** A time in UTC. A script shows it in local time where the person has chosen that. */
export function At({ at }: { at: string }): VNode {
  return (
    <time dateTime={at} class="at">
      {utc(at)}
    </time>
  );
}

/** How long ago. A script keeps it up to date. */
export function Ago({ at, now }: { at: string; now: Date }): VNode {
  return (
    <time dateTime={at} class="ago" title={`${utc(at)} UTC`}>
      {span(now.getTime() - Date.parse(at))}
    </time>
  );
}

/** What should have happened so long ago has a reason not to: nothing may be at work. */
export const LATE_MS = 60_000;

/** How long until then. A script counts it down. */
export function Until({ at, now }: { at: string; now: Date }): VNode {
  const left = Date.parse(at) - now.getTime();
  return (
    <time dateTime={at} class="until" title={`${utc(at)} UTC`}>
      {left > 0 ? `in ${span(left)}` : left > -LATE_MS ? 'any moment' : `late by ${span(-left)}`}
    </time>
  );
}
