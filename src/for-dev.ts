/**
 * All that `dev/` (the code of `npm start`) imports from the core: the core's own check of its settings, so
 * that wrong settings are refused in one error before anything starts. Everything else uses the command line
 * and HTTP. The walls (bin/walls.js) refuse every other import.
 */
import { GATEWAYS } from './gateways/registry.ts';

export { allows, keyFor } from './config/api-keys.ts';
export { readConfig, type Config } from './config/config.ts';
export { ConfigError, withDefaults } from './config/environment.ts';
export { PACKAGE_FOLDER } from './lib/package-folder.ts';
export { takenPort } from './lib/port-holder.ts';

/** The sandbox of each gateway that has one. Documents and examples use the first gateway. */
export const SANDBOXES = GATEWAYS.flatMap(({ id, name, variables, sandbox }) =>
  sandbox === undefined ? [] : [{ gateway: id, name, secrets: variables.secrets, ...sandbox }],
);
export type SandboxKind = (typeof SANDBOXES)[number];

/** Whether the environment configures a gateway that has no sandbox. */
export function namesOtherGateway(env: NodeJS.ProcessEnv): boolean {
  const names = GATEWAYS.filter(({ sandbox }) => sandbox === undefined).flatMap(({ variables }) =>
    Object.keys(variables.shape).flatMap((name) => [name, `${name}_FILE`]),
  );
  return names.some((name) => env[name] !== undefined);
}
