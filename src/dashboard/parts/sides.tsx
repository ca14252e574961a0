/** Shop, paidonce and gateway side by side: what each of them believes of one order. */
import type { VNode } from 'preact';
import { shown } from './text.ts';
import { At } from './time.tsx';

export interface Side {
  readonly name: string;
  readonly status: string;
  readonly amount: string;
  readonly reference: string;
  /** When it was told, decided or read. */
  readonly at: string | null;
}

const ROWS = ['status', 'amount', 'reference'] as const;
const NAMES = { status: 'Status', amount: 'Amount', reference: 'Transaction' } as const;

/** `differs`: the rows in which two sides contradict each other. */
export function Sides({
  sides,
  differs,
  compared,
}: {
  sides: readonly Side[];
  differs: ReadonlySet<(typeof ROWS)[number]>;
  /** Whether there is anything of the gateway to compare with. */
  compared: boolean;
}): VNode {
  return (
    <div class="scroll" role="region" aria-label="Shop, paidonce and gateway" tabIndex={0}>
      <table class="sides">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Of what</span>
            </th>
            {sides.map(({ name }) => (
              <th scope="col">{shown(name, 60)}</th>
            ))}
            <th scope="col">Agree</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map((row) => (
            <tr class={differs.has(row) ? 'differs' : undefined}>
              <th scope="row">{NAMES[row]}</th>
              {sides.map((side) => (
                <td>{shown(side[row], 120)}</td>
              ))}
              <td>{agreement(differs.has(row), compared)}</td>
            </tr>
          ))}
          <AsOf sides={sides} />
        </tbody>
      </table>
    </div>
  );
}

function agreement(isDifferent: boolean, isCompared: boolean): string {
  if (isDifferent) return '✕ differ';
  return isCompared ? '✓' : '—';
}

function AsOf({ sides }: { sides: readonly Side[] }): VNode {
  return (
    <tr>
      <th scope="row">As of</th>
      {sides.map(({ at }) => (
        <td>{at === null ? '—' : <At at={at} />}</td>
      ))}
      <td />
    </tr>
  );
}
