import type { VNode } from 'preact';
import type { WayToPay } from '../paidonce-api.ts';

/** Asks how to pay, where there is a choice. */
export function PayWith({
  ways,
  chosen,
}: {
  ways: readonly WayToPay[];
  chosen?: string | undefined;
}): VNode | null {
  if (ways.length < 2) return null;
  const first = ways.find(({ id }) => id === chosen) ?? ways[0];
  return (
    <fieldset class="ways">
      <legend>Pay with</legend>
      {ways.map((way) => (
        <label key={way.id}>
          <input type="radio" name="gateway" value={way.id} checked={way === first} required /> {way.name}
        </label>
      ))}
    </fieldset>
  );
}
