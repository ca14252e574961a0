import type { VNode } from 'preact';
import type { Health } from '../glance.ts';
import { shown } from './text.ts';

type Check = Health['checks'][number];

/** Which checks each of the eight dots stands for. A check that none of them names belongs to the first. */
const DOTS: readonly { readonly name: string; readonly checks: RegExp }[] = [
  { name: 'store', checks: /^(store|gateways$)/ },
  { name: 'Temporal', checks: /^(temporal|search attributes|payload encryption|stuck runs|paused runs)/ },
  { name: 'workers', checks: /^worker/ },
  { name: 'gateways', checks: /( credentials| secrets|^openings)$/ },
  { name: 'callbacks', checks: /(callback|webhook|signature)/ },
  { name: 'sweeps', checks: /(sweep|schedule|reconciliation)/ },
  { name: 'updates', checks: /^(outbox|order updates|failing updates)$/ },
  { name: 'clock', checks: / clock$/ },
];

/** These are work for people, and in the list of what needs somebody. */
const NOT_HEALTH = /^(reviews|operations)$/;

const WORST = ['fail', 'warn', 'ok'] as const;

/** Eight dots; each says by a word, a shape and a colour how its part is, and the sentence of `doctor` why. */
export function HealthStrip({ health, base }: { health: Health | null; base: string }): VNode {
  if (health === null)
    return (
      <a class="strip" href={`${base}/system`}>
        The checks have not run yet
      </a>
    );
  return (
    <ul class="strip" aria-label="Health">
      {DOTS.map(({ name }) => (
        <Dot name={name} checks={health.checks.filter((check) => dotOf(check) === name)} base={base} />
      ))}
    </ul>
  );
}

/** The checks by dot, in their order; work for people comes last. */
export function checksByPart(checks: readonly Check[]): [name: string, checks: Check[]][] {
  const parts = DOTS.map(({ name }): [string, Check[]] => [
    name,
    checks.filter((check) => dotOf(check) === name),
  ]);
  const work = checks.filter(({ name }) => NOT_HEALTH.test(name));
  return [...parts, ['Work', work]];
}

function dotOf({ name }: Check): string | null {
  if (NOT_HEALTH.test(name)) return null;
  return DOTS.find(({ checks }) => checks.test(name))?.name ?? DOTS[0]?.name ?? null;
}

function Dot({ name, checks, base }: { name: string; checks: readonly Check[]; base: string }): VNode {
  const state = WORST.find((one) => checks.some((check) => check.state === one)) ?? 'ok';
  const bad = checks.filter((check) => check.state !== 'ok');
  const sentence = bad.length === 0 ? 'ok' : bad.map((check) => `${check.name}: ${check.text}`).join('; ');
  return (
    <li>
      <a class={`dot ${state}`} href={`${base}/system#${name.toLowerCase()}`} title={shown(sentence, 300)}>
        <span class="mark" aria-hidden="true">
          {state === 'ok' ? '●' : state === 'warn' ? '▲' : '✕'}
        </span>
        {name}
        <span class="unseen">: {state}</span>
      </a>
    </li>
  );
}
