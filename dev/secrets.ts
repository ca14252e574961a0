import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The secrets of a development set-up, created once per DATA_DIR, named like the variables that they replace.
 */
export interface DevSecrets {
  readonly API_KEYS: string;
  readonly ORDER_WEBHOOK_SECRETS: string;
}

/**
 * Reads the secrets, or creates them at the first start. Only the owner can read the file. `dataDir` must
 * exist.
 */
export async function devSecrets(dataDir: string): Promise<DevSecrets> {
  const path = join(dataDir, 'secrets.json');
  const kept = await readKept(path);
  if (kept?.API_KEYS !== undefined && kept.ORDER_WEBHOOK_SECRETS !== undefined) return kept as DevSecrets;
  const made = makeSecrets();
  await writeFile(`${path}.new`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return made;
}

/** New secrets, which are not stored. */
export function makeSecrets(): DevSecrets {
  return {
    API_KEYS: `dev_${randomBytes(24).toString('base64url')}`,
    ORDER_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

/** Null if there is no file, or if a crash cut it off. */
async function readKept(path: string): Promise<Partial<DevSecrets> | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Partial<DevSecrets>;
  } catch {
    return null;
  }
}
