/**
 * Finds variables that are wrong only in combination. It reads the raw texts, so that no other error hides
 * them.
 */
import type { GatewayDescriptor } from '../gateways/gateway-descriptor.ts';
import type { Texts } from './environment.ts';
import type { Descriptors } from './gateway-variables.ts';

/** One text for each problem, `NAME: …`. */
export function contradictions(texts: Texts, configured: Descriptors): string[] {
  const live = configured.filter(({ variables }) => variables.mode(texts) === 'live');
  const isReal = live.length > 0 || configured.some((descriptor) => callsItsHosts(texts, descriptor));
  return [
    ...configured.flatMap((descriptor) => wrongPublicUrl(texts, descriptor)),
    ...configured.flatMap(({ variables }) => variables.contradictions?.(texts) ?? []),
    ...wrongUpdates(texts),
    ...mixedModes(texts, configured),
    ...wrongDefault(texts, configured),
    ...new Set(live.flatMap((descriptor) => unfitForMoney(texts, descriptor))),
    ...(isReal ? wrongCrashPoint(texts) : []),
    ...halfCertificate(texts),
  ];
}

/** Whether the service uses the real hosts of the gateway, not a sandbox or a proxy. */
function callsItsHosts(texts: Texts, { variables: { hosts } }: GatewayDescriptor): boolean {
  return Object.entries(hosts).some(([name, own]) => (texts[name] ?? own).replace(/\/+$/, '') === own);
}

function wrongPublicUrl(texts: Texts, descriptor: GatewayDescriptor): string[] {
  const isPlain = texts['PUBLIC_URL']?.startsWith('http:') === true;
  const isAllowed = descriptor.variables.allowsHttp?.(texts) === true;
  if (!isPlain || isAllowed || !callsItsHosts(texts, descriptor)) return [];
  return [
    `PUBLIC_URL: expected an https URL, since ${descriptor.name} itself calls it and refuses http and localhost`,
  ];
}

function wrongUpdates(texts: Texts): string[] {
  if (!isSet(texts, 'ORDER_WEBHOOK_URL') || texts['ORDER_WEBHOOK_SECRETS'] !== undefined) return [];
  return [
    'ORDER_WEBHOOK_SECRETS: missing; expected whsec_… secrets, since ORDER_WEBHOOK_URL is set and updates are signed',
  ];
}

/** Test payments beside real ones invite mistakes, although every update says `livemode`. */
function mixedModes(texts: Texts, configured: Descriptors): string[] {
  const modes = configured.map(({ id, variables }) => ({ id, mode: variables.mode(texts) }));
  if (new Set(modes.map(({ mode }) => mode)).size < 2) return [];
  const found = modes.map(({ id, mode }) => `${id} ${mode}`).join(', ');
  return [`gateways: expected all in test mode or all live, found ${found}`];
}

function wrongDefault({ DEFAULT_GATEWAY: found }: Texts, configured: Descriptors): string[] {
  const ids = configured.map(({ id }) => id);
  if (found === undefined || ids.length === 0 || ids.includes(found)) return [];
  return [`DEFAULT_GATEWAY: expected a gateway that is configured (${ids.join(', ')}), found "${found}"`];
}

function wrongCrashPoint(texts: Texts): string[] {
  if (texts['PAIDONCE_CRASH_AT'] === undefined) return [];
  return [
    'PAIDONCE_CRASH_AT: not allowed where money may be real; remove it: it kills the process, and is for the sandbox only',
  ];
}

function halfCertificate(texts: Texts): string[] {
  const halves = ['TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY'] as const;
  const missing = halves.find((name) => texts[name] === undefined);
  const other = halves.find((name) => isSet(texts, name));
  if (missing === undefined || other === undefined) return [];
  return [`${missing}: missing; expected together with ${other}`];
}

/** A blank variable does not count as set; it gets its own error. */
function isSet(texts: Texts, name: string): boolean {
  return (texts[name] ?? '').trim() !== '';
}

/**
 * Settings that are good enough for tests but do not protect real money. The texts repeat nothing of a
 * secret.
 */
function unfitForMoney(texts: Texts, { variables }: GatewayDescriptor): string[] {
  const { hosts, secrets, liveBecause } = variables;
  const plain = Object.keys(hosts).filter((name) => texts[name]?.startsWith('http:'));
  const weak = ['API_KEYS', ...secrets].flatMap((name) => {
    const entries = texts[name]?.split(',') ?? [];
    const found = entries.map(name === 'API_KEYS' ? withoutName : String).map(weakness);
    const first = found.find((words) => words !== null);
    return first === undefined ? [] : [`${name}: ${first}, since ${liveBecause}`];
  });
  return [...plain.map((name) => `${name}: expected an https URL, since ${liveBecause}`), ...weak];
}

/** Only the key of `name:scope:key`. */
function withoutName(entry: string): string {
  return entry.slice(entry.lastIndexOf(':') + 1);
}

const SHORTEST_SECRET = 16;
const FEWEST_CHARACTERS = 6;

function weakness(secret: string): string | null {
  if (secret.startsWith('sandbox-')) return 'expected your own secret, not one that the sandbox publishes';
  if (secret.length < SHORTEST_SECRET) return `expected secrets of at least ${SHORTEST_SECRET} characters`;
  if (new Set(secret).size < FEWEST_CHARACTERS)
    return 'expected random secrets, not a few repeated characters';
  return null;
}
