import { given } from './sandbox-environment.ts';

const ALL = ['dintero', 'stripe'] as const;

type Name = (typeof ALL)[number];

/**
 * The sandboxes that this process runs: those of `SANDBOXES`, or else those whose port is set, or else
 * Dintero's. @throws Error for an unknown name
 */
export function wantedSandboxes(env: NodeJS.ProcessEnv): readonly Name[] {
  const named = given(env, 'SANDBOXES')
    ?.split(',')
    .map((name) => name.trim());
  if (named !== undefined) return named.map(known);
  const wantsStripe = given(env, 'STRIPE_SANDBOX_PORT') !== undefined;
  const wantsDintero = given(env, 'SANDBOX_PORT') !== undefined || !wantsStripe;
  return ALL.filter((name) => (name === 'stripe' ? wantsStripe : wantsDintero));
}

function known(given: string): Name {
  const name = ALL.find((each) => each === given);
  if (name === undefined)
    throw new Error(`SANDBOXES: expected ${ALL.join(' or ')}, or both with a comma, found "${given}"`);
  return name;
}
