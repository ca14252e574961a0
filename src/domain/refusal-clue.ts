/**
 * Clues about a refused callback: the one change that would make its signature match. Codes and a few checked
 * words, never a secret or a signature. docs/adr/0035.
 */

export const CLUE_CODES = [
  'other_secret',
  'secret_quoted',
  'other_host',
  'other_path',
  'other_address',
  'other_method',
  'other_account',
  'other_endpoint',
  'other_gateway',
  'parameter_added',
  'query_changed',
  'body_changed',
  'header_doubled',
  'header_reformatted',
  'header_renamed',
  'other_scheme',
  'out_of_tolerance',
  'header_missing',
  'body_missing',
  'no_secret',
  'other_mode',
  'no_match',
  'not_examined',
] as const;
export type ClueCode = (typeof CLUE_CODES)[number];

/** One of the configured secrets, by its place and never by its value. */
export interface NamedSecret {
  /** The variable that lists it. */
  readonly variable: string;
  /** 0 is the newest. */
  readonly place: number;
  /** The first 8 digits of its SHA-256. */
  readonly fingerprint: string;
}

export interface Clue {
  readonly code: ClueCode;
  /** The value with which the signature matches: a host, a path, the names of parameters. Cleaned and cut. */
  readonly what?: string;
  /** The secret that matches then. */
  readonly secret?: NamedSecret;
  /** Of `out_of_tolerance`: how old the signature is; negative if it is from the future. */
  readonly seconds?: number;
  /** Of `out_of_tolerance`: whose clock is wrong, by the last answer of the gateway. */
  readonly clock?: 'ours' | 'right' | 'unknown';
}

/** These describe the request, and no signature was found to match. */
const UNPROVED: ReadonlySet<ClueCode> = new Set([
  'header_missing',
  'body_missing',
  'no_secret',
  'other_mode',
  'no_match',
  'not_examined',
]);

/** Whether a configured secret matches with this change, so that the callback must be genuine. */
export function isProof({ code }: Pick<Clue, 'code'>): boolean {
  return !UNPROVED.has(code);
}

/** A clue for a person: what was found, and what to do about it. */
export function clueInWords(clue: Clue): { readonly text: string; readonly todo: string } {
  // A newer version may have written codes that this one does not know.
  const { text, todo } = (WORDS as Readonly<Record<string, Words>>)[clue.code] ?? UNKNOWN;
  return { text: text(clue), todo };
}

interface Words {
  readonly text: (clue: Clue) => string;
  readonly todo: string;
}

const matches = ({ secret }: Clue): string =>
  secret === undefined ? 'the signature matches' : `the signature matches ${placeOf(secret)}`;

function placeOf({ variable, place, fingerprint }: NamedSecret): string {
  const which = place === 0 ? 'the newest secret' : `secret ${place + 1}`;
  return `${which} of ${variable} (${fingerprint})`;
}

const UNCHANGED = 'make the proxy pass callbacks on as they come';

const WORDS: Readonly<Record<ClueCode, Words>> = {
  other_secret: {
    text: (clue) => `${matches(clue)}, which is not a secret of this endpoint`,
    todo: "move that secret to the endpoint's own variable, and restart every process",
  },
  secret_quoted: {
    text: (clue) => `${matches(clue)} without the quotation marks around it`,
    todo: 'remove the quotation marks from the variable, and restart every process',
  },
  other_host: {
    text: (clue) => `${matches(clue)} for host ${clue.what}, and PUBLIC_URL has another host`,
    todo: 'set PUBLIC_URL to the address that the gateway calls; sessions that were opened with an older PUBLIC_URL keep that one',
  },
  other_path: {
    text: (clue) => `${matches(clue)} for path ${clue.what}, and another path arrived`,
    todo: 'make the proxy pass the path on as it comes, and let PUBLIC_URL have the path under which the gateway reaches us',
  },
  other_address: {
    text: (clue) => `${matches(clue)} for address ${clue.what}, and PUBLIC_URL names another`,
    todo: 'set PUBLIC_URL to the address that the gateway calls; sessions that were opened with an older PUBLIC_URL keep that one',
  },
  other_method: {
    text: (clue) => `${matches(clue)} for method ${clue.what}, and another method arrived`,
    todo: 'make the proxy pass callbacks on itself instead of redirecting them: a redirect may turn POST into GET',
  },
  other_account: {
    text: (clue) => `${matches(clue)} for account ${clue.what}, and another account is configured`,
    todo: 'configure the account that signs, or stop the callbacks of that account to this address',
  },
  other_endpoint: {
    text: ({ what }) => `it is a genuine callback for another address of ours, that of ${what} callbacks`,
    todo: 'correct the address of the callbacks at the gateway: docs/contract.md §4 lists both',
  },
  other_gateway: {
    text: ({ what }) => `it is a genuine callback of gateway ${what}`,
    todo: 'correct the address of the callbacks at that gateway: it must name that gateway',
  },
  parameter_added: {
    text: (clue) => `${matches(clue)} without the query parameter ${clue.what}`,
    todo: 'a proxy or a tracker adds it: make it leave /callbacks/ alone',
  },
  query_changed: {
    text: (clue) => `${matches(clue)} for the query before it was written again (${clue.what})`,
    todo: UNCHANGED,
  },
  body_changed: {
    text: (clue) => `${matches(clue)} for the body before it was written again (${clue.what})`,
    todo: UNCHANGED,
  },
  header_doubled: {
    text: (clue) => `${matches(clue)}, but the signature header is there twice`,
    todo: 'make the proxy set the signature header once, or not at all',
  },
  header_reformatted: {
    text: (clue) => `${matches(clue)}, but the signature header is written in another form`,
    todo: UNCHANGED,
  },
  header_renamed: {
    text: (clue) => `${matches(clue)}, but the signature is in the header ${clue.what}`,
    todo: 'make the proxy pass the signature header on under its own name',
  },
  other_scheme: {
    text: (clue) => `${matches(clue)}, but the signature names the scheme ${clue.what}`,
    todo: 'the gateway may have a new scheme: look at its announcements, and report it to us',
  },
  out_of_tolerance: {
    text: ({ seconds = 0, clock = 'unknown' }) =>
      `the signature is right, but ${Math.abs(seconds)} s ${seconds < 0 ? 'in the future' : 'old'}; ${CLOCKS[clock]}`,
    todo: 'compare our clock with the right time (NTP); if ours is right, a proxy or the gateway has held the request, or it is a copy',
  },
  header_missing: {
    text: ({ what }) => `no header is a signature; ${what} was expected`,
    todo: 'check that the gateway has a secret to sign with, and that no proxy removes the header; otherwise it is a forgery',
  },
  body_missing: {
    text: () => 'there is no body, and the signature is over the body',
    todo: 'a proxy has read the body: make it pass the body on; otherwise it is a forgery',
  },
  no_secret: {
    text: ({ what }) => `${what} is not set, so nothing can match`,
    todo: 'set it, or stop these callbacks at the gateway',
  },
  other_mode: {
    text: ({ what }) => `nothing matches, and the callback says that it is of ${what} mode`,
    todo: 'give test and live mode at the gateway their own addresses and secrets; otherwise it is a forgery',
  },
  no_match: {
    text: () => 'nothing that was tried matches: a secret that is not configured here, or a forgery',
    todo: 'compare the fingerprints that paidonce doctor names with the secret at the gateway; otherwise it is a forgery',
  },
  not_examined: {
    text: ({ what = 'too many at once' }) => `not examined: ${what}`,
    todo: 'look at the other refused callbacks of the same time',
  },
};

const UNKNOWN: Words = {
  text: ({ code }) => `a newer version of paidonce has found: ${code}`,
  todo: 'read it with that version',
};

const CLOCKS = {
  ours: 'our clock is wrong by about as much',
  right: "our clock agrees with the gateway's",
  unknown: "whether our clock agrees with the gateway's is not known",
} as const satisfies Record<NonNullable<Clue['clock']>, string>;
