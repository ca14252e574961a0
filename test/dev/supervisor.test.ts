import { afterEach, describe, expect, it } from '@jest/globals';
import { ChildKeepsDying, ChildRefused } from '../../dev/supervised-child.ts';
import { createSupervisor, type Supervisor } from '../../dev/supervisor.ts';
import { until } from '../support/until.ts';
import { freePort } from '../support/ports.ts';
import { hearing, isAlive, knock, listener, script } from './support/stand-in.ts';

describe('the supervisor of npm start', () => {
  const running: Supervisor[] = [];
  const supervise = () => {
    const heard = hearing();
    const supervisor = createSupervisor(heard);
    running.push(supervisor);
    return { heard, supervisor };
  };

  afterEach(async () => {
    for (const supervisor of running.splice(0)) await supervisor.stop();
  });

  it('waits until every child answers', async () => {
    const { supervisor } = supervise();
    const ports = [await freePort(), await freePort()];
    await supervisor.start(ports.map((port) => listener(`child ${port}`, port)));
    await Promise.all(ports.map((port) => knock(port)));
  });

  it('starts a killed child again, and says so', async () => {
    const { heard, supervisor } = supervise();
    const port = await freePort();
    await supervisor.start([listener('shop', port)]);
    process.kill(heard.pids.get('shop')?.[0] as number, 'SIGKILL');
    await until('it is back', () => heard.said.includes('shop is back'));
    await knock(port);
    expect(heard.said).toEqual(['shop died (SIGKILL); starting it again', 'shop is back']);
    expect(heard.pids.get('shop')).toHaveLength(2);
  });

  it('starts a child again after any number of kills while it answers', async () => {
    const { heard, supervisor } = supervise();
    await supervisor.start([listener('shop', await freePort())]);
    for (let kills = 1; kills <= 6; kills += 1) {
      process.kill(heard.pids.get('shop')?.at(-1) as number, 'SIGKILL');
      await until('it is back', () => heard.said.filter((text) => text === 'shop is back').length === kills);
    }
    expect(heard.pids.get('shop')).toHaveLength(7);
  });

  it('starts a child again that is killed before it first answers', async () => {
    const { heard, supervisor } = supervise();
    const slow = { ...listener('slow', await freePort()) };
    const code = slow.args[1] as string;
    const started = supervisor.start([{ ...slow, args: ['-e', `setTimeout(() => { ${code} }, 700)`] }]);
    await until('it has been spawned', () => heard.pids.has('slow'));
    process.kill(heard.pids.get('slow')?.[0] as number, 'SIGKILL');
    await started;
    expect(heard.pids.get('slow')).toHaveLength(2);
  });

  it("gives up after five deaths within a minute, and prints the child's last lines", async () => {
    const { heard, supervisor } = supervise();
    const failed = supervisor.failed.catch((error: unknown) => error);
    const code = `console.error('the disk is full'); process.exit(3)`;
    const started = supervisor.start([
      { ...script('core', code), answers: () => Promise.reject(new Error('no')) },
    ]);
    await expect(started).rejects.toThrow(ChildKeepsDying);
    const error = (await failed) as Error;
    expect(error.message).toContain('core died 5 times within a minute (exit code 3)');
    expect(error.message).toContain('the disk is full');
    expect(heard.pids.get('core')).toHaveLength(5);
  });

  it('does not restart a child that refuses its configuration', async () => {
    const { heard, supervisor } = supervise();
    const refusing = script('core', `console.error('PUBLIC_URL: missing'); process.exit(2)`);
    const never = { ...refusing, answers: () => Promise.reject(new Error('no')) };
    await expect(supervisor.start([never])).rejects.toThrow(ChildRefused);
    await expect(supervisor.failed).rejects.toThrow('PUBLIC_URL: missing');
    expect(heard.pids.get('core')).toHaveLength(1);
  });

  it('ends a child that never answers, and prints its output', async () => {
    const { heard, supervisor } = supervise();
    const dumb = { ...script('dumb', 'setInterval(() => 0, 1000)'), readyWithinMs: 300 };
    const never = { ...dumb, answers: () => Promise.reject(new Error('answers 503: no Temporal')) };
    await expect(supervisor.start([never])).rejects.toThrow(
      'dumb did not answer within 0.3 s: answers 503: no Temporal',
    );
    await until('it is gone', () => !isAlive(heard.pids.get('dumb')?.[0]));
  });

  it('stops the last started child first, and starts none again meanwhile', async () => {
    const { heard, supervisor } = supervise();
    const [first, last] = [await freePort(), await freePort()];
    await supervisor.start([listener('temporal', first)]);
    await supervisor.start([listener('core', last)]);
    const stopping = supervisor.stop();
    await until('the core is gone', () => !isAlive(heard.pids.get('core')?.[0]));
    await stopping;
    expect([...heard.pids.values()].flat().filter(isAlive)).toEqual([]);
    expect(heard.said).toEqual([]);
  });

  it('kills a child that does not stop on request', async () => {
    const { heard, supervisor } = supervise();
    await supervisor.start([listener('deaf', await freePort(), { stubborn: true })]);
    await supervisor.stop();
    expect(isAlive(heard.pids.get('deaf')?.[0])).toBe(false);
  }, 20_000);
});
