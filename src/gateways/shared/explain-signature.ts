/** Why a signature might have matched: everything that is tried is really verified, with one thing changed. */
import { isProof, type Clue } from '../../domain/refusal-clue.ts';
import { fingerprintOf } from '../../lib/fingerprint.ts';
import type { KnownSecret, RawRequest } from '../verification.ts';
import { shownText } from './gateway-fields.ts';
import { whichSecret } from './which-secret.ts';

/** The limits of one examination: a flood of forgeries must not cost more than verifying them. */
const MOST_SIGNATURES = 40;
const MOST_BYTES = 512 * 1_024;
/** Rarely is there more than one. */
const MOST_FOUND = 3;

/** The content of a signature header. */
export interface SignatureHeader {
  /** Empty where the scheme signs no time. */
  readonly timestamp: string;
  readonly digests: readonly Buffer[];
}

/** The text that is signed if one thing of the request was different. */
export interface Variant {
  readonly clue: Clue;
  readonly signed: Buffer;
}

/** How the messages of one endpoint are signed. */
export interface SigningScheme {
  /** The name of the header, lower case. */
  readonly header: string;
  readonly variable: string;
  /** Newest first. */
  readonly secrets: readonly string[];
  /** Null where the value does not have the form of the header. */
  parse(value: string): SignatureHeader | null;
  /** The same for a value with a signature of another scheme, by whose name it is found. */
  parseOther?(value: string): (SignatureHeader & { readonly scheme: string }) | null;
  /** All digests that `parse` returns have its length. */
  sign(secret: string, signed: Buffer): Buffer;
  /** What is signed if the request has come as it was sent. */
  asItCame(timestamp: string): Buffer;
  /** The likely changes first. Nothing more is asked for once the limit is reached. */
  variants(timestamp: string): Iterable<Variant>;
}

/**
 * What would have made the signature match. Empty if it matches as it is. Everything is tried, whatever has
 * matched before, so that the time taken does not tell what matches.
 */
export function explainSignature(
  { headers }: RawRequest,
  scheme: SigningScheme,
  known: readonly KnownSecret[],
): Clue[] {
  const { header, variable, secrets } = scheme;
  const own = secrets.map((secret, place) => toKnown(variable, secret, place));
  const value = headers[header] ?? '';
  const exact = scheme.parse(value);
  const trials = new Trials(scheme);
  if (exact !== null) {
    const { timestamp, digests } = exact;
    const asItCame = scheme.asItCame(timestamp);
    if (trials.match(asItCame, digests, own) !== null) return [];
    const others = known.filter((one) => one.variable !== variable);
    trials.try({ clue: { code: 'other_secret' }, signed: asItCame }, digests, others);
    trials.try({ clue: { code: 'secret_quoted' }, signed: asItCame }, digests, own.flatMap(unquoted));
    if (own.length > 0) trials.tryAll(scheme.variants(timestamp), digests, own);
  } else {
    const readings = otherReadings(headers, scheme);
    if (readings.length === 0 && value.trim() === '')
      return [own.length === 0 ? noSecret(variable) : { code: 'header_missing', what: header }];
    for (const { clue, timestamp, digests } of readings)
      trials.try({ clue, signed: scheme.asItCame(timestamp) }, digests, own);
  }
  if (trials.found.length > 0) return trials.found.slice(0, MOST_FOUND);
  return [own.length === 0 ? noSecret(variable) : { code: 'no_match' }];
}

/** `more` where nothing was proved: it says more than `no_match` does. */
export function orElse(clues: readonly Clue[], more: () => Clue | null): readonly Clue[] {
  if (clues.length === 0 || clues.some(isProof)) return clues;
  const better = clues[0]?.code === 'no_match' ? more() : null;
  return better === null ? clues : [better];
}

function noSecret(variable: string): Clue {
  return { code: 'no_secret', what: variable };
}

function toKnown(variable: string, secret: string, place: number): KnownSecret {
  return { variable, place, fingerprint: fingerprintOf(secret), secret };
}

/** The file of an environment may keep the quotation marks around a value. */
function unquoted(known: KnownSecret): KnownSecret[] {
  const [, , secret] = /^(["'])(.+)\1$/.exec(known.secret) ?? [];
  return secret === undefined ? [] : [{ ...known, secret }];
}

interface Reading extends SignatureHeader {
  readonly clue: Clue;
}

const MOST_READINGS = 6;

/** The signatures that can be read from a request whose signature header can't. */
function otherReadings(headers: RawRequest['headers'], scheme: SigningScheme): Reading[] {
  const { header } = scheme;
  const value = (headers[header] ?? '').slice(0, 2_000);
  const read = (text: string, clue: Clue): Reading[] => {
    const parsed = scheme.parse(text);
    return parsed === null ? [] : [{ clue, ...parsed }];
  };
  const other = scheme.parseOther?.(value) ?? null;
  const elsewhere = Object.entries(headers).filter(([name, text]) => name !== header && text.length <= 500);
  const found = [
    ...copiesIn(value).flatMap((copy) => read(copy, { code: 'header_doubled' })),
    ...read(plain(value), { code: 'header_reformatted' }),
    ...(other === null ? [] : [{ ...other, clue: { code: 'other_scheme', what: other.scheme } as const }]),
    ...elsewhere.flatMap(([name, text]) => read(text, { code: 'header_renamed', what: shownText(name, 60) })),
  ];
  return found.slice(0, MOST_READINGS);
}

/** A header that was there twice is joined with a comma, which is also in the header of some schemes. */
function copiesIn(value: string): string[] {
  const parts = value.split(/,\s+/);
  if (parts.length < 2) return [];
  const half = parts.length / 2;
  const halves =
    Number.isInteger(half) && half > 1 ? [parts.slice(0, half).join(', '), parts.slice(half).join(', ')] : [];
  return [...parts, ...halves];
}

/** Without quotation marks, blanks, folds, and the name of a hash before the value. */
function plain(value: string): string {
  return value
    .replace(/["'\s]/g, '')
    .replace(/^sha(?:1|256)=/i, '')
    .toLowerCase();
}

/** Tries signatures within the limits, and keeps what has matched. */
class Trials {
  readonly found: Clue[] = [];
  readonly #scheme: SigningScheme;
  readonly #tried: Buffer[] = [];
  #signatures = MOST_SIGNATURES;
  #bytes = MOST_BYTES;

  constructor(scheme: SigningScheme) {
    this.#scheme = scheme;
  }

  tryAll(variants: Iterable<Variant>, digests: readonly Buffer[], secrets: readonly KnownSecret[]): void {
    for (const variant of variants) {
      const { length } = secrets;
      if (this.#signatures < length || this.#bytes < length * variant.signed.length) return;
      // Two changes may lead to the same text: the first, which is the likelier, names it.
      if (this.#tried.some((signed) => signed.equals(variant.signed))) continue;
      this.try(variant, digests, secrets);
    }
  }

  try({ clue, signed }: Variant, digests: readonly Buffer[], secrets: readonly KnownSecret[]): void {
    const match = this.match(signed, digests, secrets);
    if (match === null || this.found.some(({ code, what }) => code === clue.code && what === clue.what))
      return;
    const { variable, place, fingerprint } = match;
    this.found.push({ ...clue, secret: { variable, place, fingerprint } });
  }

  match(signed: Buffer, digests: readonly Buffer[], secrets: readonly KnownSecret[]): KnownSecret | null {
    const affordable = secrets.slice(0, this.#signatures);
    const bytes = signed.length * affordable.length;
    if (bytes > this.#bytes) return null;
    this.#signatures -= affordable.length;
    this.#bytes -= bytes;
    this.#tried.push(signed);
    const texts = affordable.map(({ secret }) => secret);
    const which = whichSecret(texts, digests, (secret) => this.#scheme.sign(secret, signed));
    return which === null ? null : (affordable[which.secretIndex] ?? null);
  }
}
