import type { VNode } from 'preact';
import { money } from './text.ts';

interface MoneyBarProps {
  readonly currency: string;
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  /** Refunds that have not ended; part of what is still kept. */
  readonly goingBack: number;
}

const WIDTH = 300;

/** How much of a payment's money is where; the sentence below has the same figures. */
export function MoneyBar({
  currency,
  authorized,
  captured,
  refunded,
  goingBack,
}: MoneyBarProps): VNode | null {
  const whole = Math.max(authorized, captured);
  if (whole === 0) return null;
  const kept = captured - refunded;
  const open = Math.max(0, authorized - captured);
  const parts = [
    { name: 'refunded', amount: refunded },
    { name: 'captured', amount: kept },
    { name: 'open', amount: open },
  ];
  const starts = parts.map((_, at) => parts.slice(0, at).reduce((sum, { amount }) => sum + amount, 0));
  const sentence = `${money(authorized, currency)} authorized, ${money(captured, currency)} captured, ${money(refunded, currency)} refunded, ${money(kept, currency)} kept${goingBack === 0 ? '' : `, of which ${money(goingBack, currency)} is on its way back`}`;
  return (
    <figure class="money-bar">
      <svg viewBox={`0 0 ${WIDTH} 12`} role="img" aria-label={sentence} preserveAspectRatio="none">
        {parts.map(({ name, amount }, at) => (
          <rect
            class={name}
            x={((starts[at] ?? 0) / whole) * WIDTH}
            y="0"
            width={(amount / whole) * WIDTH}
            height="12"
          />
        ))}
      </svg>
      <figcaption>{sentence}</figcaption>
    </figure>
  );
}
