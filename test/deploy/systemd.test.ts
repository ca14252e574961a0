/**
 * The units of deploy/systemd by systemd's own judge, which needs no running systemd. That they start is not tested
 * where systemd is not process 1; deploy/service.sh starts the same commands in test/e2e/versions.test.ts.
 */
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/compose.ts';

const FOLDER = join(ROOT, 'deploy', 'systemd');
const UNITS = readdirSync(FOLDER);
const SERVICES = UNITS.filter((name) => name.endsWith('.service'));
/** "OK", where 10 is a service that may do everything. */
const MOST_EXPOSED = 1.5;

function textOf(unit: string): string {
  return readFileSync(join(FOLDER, unit), 'utf8');
}

/** The values of a setting, in their order. */
function values(unit: string, setting: string): string[] {
  return [...textOf(unit).matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

/** What systemd says about units in a folder; nothing where they are right. */
function verify(folder: string, units: readonly string[]): string {
  const instances = units.map((unit) => join(folder, unit.replace('@.', '@2026-12-01.')));
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:`, SYSTEMD_LOG_LEVEL: 'warning' };
  const { stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', ...instances], {
    env,
    encoding: 'utf8',
  });
  if (error) throw error;
  return stdout + stderr;
}

describe('the units of systemd', () => {
  it('are right, and a wrong one is noticed', () => {
    const faults = verify(FOLDER, UNITS).split('\n');
    // Other packages' units are none of ours, and nothing is installed here.
    const isOurs = (line: string) =>
      /paidonce|temporal/.test(line) && !line.endsWith('is not executable: No such file or directory');
    expect(faults.filter(isOurs)).toEqual([]);
    const wrong = mkdtempSync(join(tmpdir(), 'paidonce-unit-'));
    writeFileSync(
      join(wrong, 'paidonce-wrong.service'),
      textOf('paidonce-migrate.service').replace('NoNewPrivileges=yes', 'NoNewPrivilege=yes'),
    );
    expect(verify(wrong, ['paidonce-wrong.service'])).toContain('NoNewPrivilege');
    rmSync(wrong, { recursive: true });
  });

  it.each(SERVICES)('%s may do little more than its work', (unit) => {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', join(FOLDER, unit)], {
      encoding: 'utf8',
    });
    const [, exposure = '10'] = /exposure level for .*: ([\d.]+)/.exec(stdout) ?? [];
    process.stdout.write(`${unit}: exposure ${exposure} of 10\n`);
    expect(Number(exposure)).toBeLessThan(MOST_EXPOSED);
  });

  it('start the roles that paidonce has, from the folders and files that the documentation names', () => {
    const document = readFileSync(join(ROOT, 'docs', 'run-in-production.md'), 'utf8');
    const commands = SERVICES.flatMap((unit) => values(unit, 'ExecStart'));
    const roles = commands.flatMap(
      (command) => /^\/usr\/bin\/node bin\/paidonce\.js (\w+)$/.exec(command)?.[1] ?? [],
    );
    expect(roles.toSorted()).toEqual(['api', 'migrate', 'worker']);
    expect(commands).toContain('/opt/paidonce/current/deploy/backup.sh save /var/backups/paidonce');
    const files = SERVICES.flatMap((unit) =>
      values(unit, 'EnvironmentFile').map((file) => file.replace(/^-/, '')),
    );
    const names = [...new Set(files)].flatMap(
      (file) => /^\/etc\/paidonce\/([\w%-]+)\.env$/.exec(file)?.[1] ?? file,
    );
    expect(names.toSorted()).toEqual(['api-%i', 'common', 'temporal', 'worker-%i']);
    for (const unit of UNITS) expect(document).toContain(unit.replace(/@?\.\w+$/, ''));
  });

  it('give a process more time to end than it takes, and do not repeat a wrong configuration', () => {
    for (const unit of ['paidonce-api@.service', 'paidonce-worker@.service']) {
      expect(Number(values(unit, 'TimeoutStopSec')[0])).toBeGreaterThan(40);
      expect(values(unit, 'RestartPreventExitStatus')).toEqual(['2']);
    }
  });
});
