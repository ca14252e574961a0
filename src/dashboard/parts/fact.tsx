import type { ComponentChildren, VNode } from 'preact';
import { shown } from './text.ts';

export type NamedFact = readonly [name: string, value: ComponentChildren];

/** What is known of one thing; a fact that is null is left out. */
export function Facts({ facts }: { facts: readonly NamedFact[] }): VNode {
  return (
    <dl class="facts card">
      {facts
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <Fact name={name}>{typeof value === 'string' ? <bdi>{shown(value)}</bdi> : value}</Fact>
        ))}
    </dl>
  );
}

/** One fact in a list of facts, `<dl class="facts">`. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
