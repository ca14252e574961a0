/** What a signed body may have been before a proxy or a parser wrote it again. */

/** A larger body is not parsed. */
const MOST_JSON_BYTES = 32 * 1_024;
/** Indented JSON grows with its depth: a nested body of a few KiB could become hundreds of MB. */
const MOST_INDENTED_BYTES = 128 * 1_024;

export interface BodyVariant {
  /** Completes "the body before it was written again (…)". */
  readonly what: string;
  readonly body: Buffer;
}

/** The likely ones first. Made one by one, since the caller may stop. */
export function* bodyVariants(body: Buffer): Iterable<BodyVariant> {
  const text = body.toString('utf8');
  // Byte by byte, since the bytes may be no UTF-8.
  for (const [what, form] of endings(body.toString('latin1')))
    yield { what, body: Buffer.from(form, 'latin1') };
  for (const [what, form] of jsonForms(text)) yield { what, body: Buffer.from(form, 'utf8') };
  // The bytes were read as Latin-1 and written as UTF-8.
  if (/[\u0080-\u00ff]/.test(text) && !/[\u0100-\uffff]/.test(text))
    yield { what: 'UTF-8 read as Latin-1', body: Buffer.from(text, 'latin1') };
  // UTF-8 was written as Latin-1, so that the bytes are no UTF-8.
  if (text.includes('\ufffd'))
    yield { what: 'UTF-8 written as Latin-1', body: Buffer.from(body.toString('latin1'), 'utf8') };
}

/** A byte order mark: its bytes, each as a character. */
const MARK = '\u00ef\u00bb\u00bf';

function* endings(text: string): Iterable<readonly [string, string]> {
  if (text.startsWith(MARK)) yield ['without a byte order mark', text.slice(MARK.length)];
  const end = endOf(text);
  if (end < text.length) yield ['without blanks at its end', text.slice(0, end)];
  yield ['with a line end at its end', `${text}\n`];
  if (text.includes('\r\n')) yield ['with line ends LF', text.replaceAll('\r\n', '\n')];
  else if (text.includes('\n')) yield ['with line ends CRLF', text.replaceAll('\n', '\r\n')];
}

/** Where the blanks at the end begin. A pattern would take quadratic time on a body made for it. */
function endOf(text: string): number {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end -= 1;
  return end;
}

function* jsonForms(text: string): Iterable<readonly [string, string]> {
  if (text.length > MOST_JSON_BYTES) return;
  const parsed = parseJson(text);
  if (parsed === undefined) return;
  const compact = JSON.stringify(parsed);
  yield ['compact JSON', compact];
  yield ['compact JSON with a line end', `${compact}\n`];
  yield ['compact JSON in ASCII', inAscii(compact)];
  yield ['JSON with escaped slashes', compact.replaceAll('/', '\\/')];
  yield ['JSON with escaped HTML', escapedHtml(compact)];
  if (indentedBytes(compact) > MOST_INDENTED_BYTES) return;
  const indented = JSON.stringify(parsed, null, 2);
  yield ['JSON indented by 2', indented];
  yield ['JSON indented by 2 with a line end', `${indented}\n`];
  yield ['JSON indented by 2 in ASCII', inAscii(indented)];
  yield ['JSON indented by 4', JSON.stringify(parsed, null, 4)];
  yield ['JSON with blanks', spaced(indented)];
}

/** Undefined where it is no JSON, or nested so deeply that it can't be written again. */
function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    JSON.stringify(parsed);
    return parsed;
  } catch {
    return undefined;
  }
}

/** At least as large as the indented form; brackets inside texts count too. */
function indentedBytes(compact: string): number {
  let depth = 0;
  let size = compact.length;
  for (const character of compact) {
    if (character === '[' || character === '{') depth += 1;
    if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if ('[{,]}'.includes(character)) size += 4 * depth + 1;
  }
  return size;
}

function inAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapedHtml(json: string): string {
  return json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

/** One line with a blank after each comma and colon, as some languages write it. */
function spaced(indented: string): string {
  return indented.replace(/,\n\s*/g, ', ').replace(/\n\s*/g, '');
}
