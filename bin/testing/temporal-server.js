/**
 * The programs of Temporal's images, built once with Go: the server with the images' own entrypoint, and the
 * tool that makes its tables. docker-compose.yml says which version.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../prepare.js';
import { goInstall, NotBuilt } from './go-install.js';
import { Missing } from './programs.js';

const MODULE = 'go.temporal.io/server';
const BUILD_LIMIT_MS = 15 * 60_000;

/** The folder with temporal-server, temporal-sql-tool and entrypoint.sh. Throws `Missing`. */
export async function temporalServerPrograms() {
  const version = versionInCompose();
  const of = `${MODULE}@v${version}`;
  return goInstall({
    name: `temporal-server-${version}`,
    packages: [`${MODULE}/cmd/server@v${version}`, `${MODULE}/cmd/tools/sql@v${version}`],
    announcement: `building the Temporal server ${version} of docker-compose.yml with Go, once for all checkouts: about 4 minutes on 2 cores`,
    limitMs: BUILD_LIMIT_MS,
    complete(folder) {
      renameSync(join(folder, 'server'), join(folder, 'temporal-server'));
      renameSync(join(folder, 'sql'), join(folder, 'temporal-sql-tool'));
      copyFileSync(
        join(sourcesOf(of), 'docker', 'scripts', 'sh', 'entrypoint.sh'),
        join(folder, 'entrypoint.sh'),
      );
      chmodSync(join(folder, 'entrypoint.sh'), 0o755);
    },
  }).catch((error) => {
    if (!(error instanceof NotBuilt)) throw error;
    throw new Missing(
      `there is no Temporal server ${version}, which docker-compose.yml starts: ${error.message}; it needs Go 1.26 and its module proxy`,
    );
  });
}

function versionInCompose() {
  const file = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  const [, version] = /temporalio\/server:(\d+\.\d+\.\d+)/.exec(file) ?? [];
  if (version === undefined) throw new Error('docker-compose.yml names no version of temporalio/server');
  return version;
}

/** The folder of the module's sources, which `go install` has downloaded. */
function sourcesOf(module) {
  const { status, stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new NotBuilt(`go mod download failed: ${stderr.slice(-300)}`);
  return JSON.parse(stdout).Dir;
}
