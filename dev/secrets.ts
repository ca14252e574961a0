import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets of a development set-up, made once for a DATA_DIR, by the variables that they stand in for. */
export interface DevSecrets {
  readonly API_KEYS: string;
  readonly ORDER_WEBHOOK_SECRETS: string;
}

/** Reads them, or makes them at the first start; the file is for its owner only. `dataDir` exists. */
export async function devSecrets(dataDir: string): Promise<DevSecrets> {
  const path = join(dataDir, 'secrets.json');
  const kept = await readKept(path);
  if (kept?.API_KEYS !== undefined && kept.ORDER_WEBHOOK_SECRETS !== undefined) return kept as DevSecrets;
  const made = makeSecrets();
  await writeFile(`${path}.new`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return made;
}

/** New ones, kept nowhere. */
export function makeSecrets(): DevSecrets {
  return {
    API_KEYS: `dev_${randomBytes(24).toString('base64url')}`,
    ORDER_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

/** Null where there is none, or one cut short by a crash. */
async function readKept(path: string): Promise<Partial<DevSecrets> | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Partial<DevSecrets>;
  } catch {
    return null;
  }
}
