import { GATEWAYS } from '../../gateways/registry.ts';

const KEPT = new Set([
  'host',
  'user-agent',
  'content-type',
  'content-length',
  'date',
  'x-request-id',
  'traceparent',
  ...GATEWAYS.flatMap(({ keptHeaders }) => keptHeaders),
]);

/** The headers that explain a delivery; everything else by name only, since it may be a secret or say who the payer is. */
export function redacted(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    KEPT.has(name) ? value.slice(0, 1_000) : '[redacted]',
  ]);
  return Object.fromEntries(shown.slice(0, 60)) as Record<string, string>;
}
