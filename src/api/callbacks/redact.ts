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

/**
 * Keeps the headers that explain a delivery. The others keep only their names, since a value may be a secret
 * or identify the payer.
 */
export function redacted(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    KEPT.has(name) ? value.slice(0, 1_000) : '[redacted]',
  ]);
  return Object.fromEntries(shown.slice(0, 60)) as Record<string, string>;
}
