/** The settings in effect as people may see them: of a secret only that it is set. */
import type { z } from 'zod';
import { shownUrl } from '../lib/url-credentials.ts';

export interface Setting {
  readonly name: string;
  readonly isSecret: boolean;
  /** `file`: by NAME_FILE. `unset`: it has no default, and is not given. */
  readonly source: 'environment' | 'file' | 'default' | 'unset';
  /** As it may be written. Of a secret `set` or `set (2 values)`. Null where it is unset. */
  readonly value: string | null;
}

interface Given {
  readonly env: NodeJS.ProcessEnv;
  /** The form of each variable. */
  readonly forms: Readonly<Record<string, z.ZodType>>;
  readonly secrets: readonly string[];
  /** The parsed variables. */
  readonly values: Readonly<Record<string, unknown>>;
}

const LONGEST = 500;

export function settingsIn({ env, forms, secrets, values }: Given): Setting[] {
  return Object.entries(forms).map(([name, form]) => {
    const isSecret = secrets.includes(name);
    const source = sourceOf(env, name, isSecret ? undefined : values[name]);
    if (source === 'unset') return { name, isSecret, source, value: null };
    if (isSecret) return { name, isSecret, source, value: countOf(values[name]) };
    const text = source === 'default' ? writtenAs(values[name], form) : (env[name] ?? '');
    return { name, isSecret, source, value: shownText(text) };
  });
}

function sourceOf(env: NodeJS.ProcessEnv, name: string, byDefault: unknown): Setting['source'] {
  if (env[`${name}_FILE`] !== undefined) return 'file';
  if (env[name] !== undefined) return 'environment';
  return byDefault === undefined ? 'unset' : 'default';
}

function countOf(value: unknown): string {
  return Array.isArray(value) ? `set (${value.length} ${value.length === 1 ? 'value' : 'values'})` : 'set';
}

function shownText(text: string): string {
  return (text.includes('://') ? shownUrl(text) : text).slice(0, LONGEST);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** The text that the form reads as this value: `5m` and not 300000. */
function writtenAs(value: unknown, form: z.ZodType): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  if (typeof value !== 'number') return String(value);
  const isRead = (text: string) => form.safeParse(text).data === value;
  const durations = UNITS.flatMap(([unit, ms]) => (value % ms === 0 ? [`${value / ms}${unit}`] : []));
  return [String(value), ...durations].find(isRead) ?? String(value);
}
