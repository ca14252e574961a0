/**
 * All that `dev/` (what `npm start` does) imports of the core: the core's own reading of its settings, so that a wrong one is refused in
 * one error before anything is started. Everything else goes by the command line and HTTP. The linter refuses every other import.
 */
import { GATEWAYS } from './gateways/registry.ts';

export { allows, keyFor } from './config/api-keys.ts';
export { readConfig, type Config } from './config/config.ts';
export { ConfigError, withDefaults } from './config/environment.ts';
export { PACKAGE_FOLDER } from './lib/package-folder.ts';
export { takenPort } from './lib/port-holder.ts';

/** The credentials and addresses of our own sandbox, published and of worth nowhere else. */
export function sandboxVariables(url: string): Readonly<Record<string, string>> {
  return GATEWAYS[0].sandboxVariables(url);
}
