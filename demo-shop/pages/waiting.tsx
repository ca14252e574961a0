import type { VNode } from 'preact';
import type { NextLook } from '../next-look.ts';
import { formatTime } from './format.ts';

const MINUTE_S = 60;

/**
 * What a pending order waits for, and for how long at most. Without `now` the time itself is shown, so that
 * the text does not change every second.
 */
export function Waiting({ next, now }: { next: NextLook | null; now: number | undefined }): VNode | null {
  if (next === null) return null;
  return (
    <p class="muted" id="next-look">
      {next.sentence}{' '}
      {next.at === undefined ? (
        'at a time that this shop does not know.'
      ) : (
        <>
          <time class="countdown" dateTime={new Date(next.at).toISOString()}>
            {now === undefined
              ? `at ${formatTime(new Date(next.at).toISOString())} UTC`
              : leftInWords(next.at - now)}
          </time>
          .
        </>
      )}
    </p>
  );
}

/** The same format as in the page's script. */
function leftInWords(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= 0) return 'any moment now';
  return seconds < 2 * MINUTE_S ? `in ${seconds} s` : `in ${Math.ceil(seconds / MINUTE_S)} min`;
}
