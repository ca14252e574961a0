import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:net';
import { choosePorts, malformedPorts, movedPorts, PortTaken } from '../../dev/ports.ts';
import { freePort } from '../support/ports.ts';
import { occupy } from './support/stand-in.ts';

const host = '127.0.0.1';

describe('the ports of npm start', () => {
  const servers: Server[] = [];
  const taken = async (port?: number) => {
    const occupied = await occupy(port);
    servers.push(occupied.server);
    return occupied.port;
  };

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('moves a default that is taken to the next free one', async () => {
    const fallback = await taken();
    const [port] = await choosePorts({}, [{ variable: 'PORT', fallback, host }]);
    expect(port).toBeGreaterThan(fallback);
    expect(port).toBeLessThan(fallback + 200);
  });

  it('keeps a default that is free', async () => {
    const fallback = await freePort();
    expect(await choosePorts({}, [{ variable: 'PORT', fallback, host }])).toEqual([fallback]);
  });

  it('refuses a named port that is taken, and names the variable, the holder and the remedy', async () => {
    const named = String(await taken());
    const chosen = choosePorts({ SHOP_PORT: named }, [{ variable: 'SHOP_PORT', fallback: 3002, host }]);
    await expect(chosen).rejects.toThrow(PortTaken);
    await expect(chosen).rejects.toThrow(
      new RegExp(
        `SHOP_PORT: port ${named} on 127.0.0.1 is taken by pid ${process.pid} \\(.*set SHOP_PORT to`,
      ),
    );
  });

  it.each(['', 'http', '-1', '70000', '3000.5', ' 3000'])('refuses %j as a port', (named) => {
    const wishes = [{ variable: 'PORT' }, { variable: 'SHOP_PORT' }];
    expect(malformedPorts({ PORT: named, SHOP_PORT: '65535' }, wishes)).toEqual([
      `PORT: expected a port number from 0 to 65535, found "${named}"`,
    ]);
  });

  it('never moves a default onto a named port', async () => {
    const named = await freePort();
    const wishes = [
      { variable: 'SANDBOX_PORT', fallback: named, host },
      { variable: 'PORT', fallback: 3000, host },
    ];
    const [sandbox, api] = await choosePorts({ PORT: String(named) }, wishes);
    expect(api).toBe(named);
    expect(sandbox).not.toBe(named);
  });

  it('refuses the same port named twice', async () => {
    const named = String(await freePort());
    const wishes = ['PORT', 'SHOP_PORT'].map((variable) => ({ variable, fallback: 3000, host }));
    const chosen = choosePorts({ PORT: named, SHOP_PORT: named }, wishes);
    await expect(chosen).rejects.toThrow(PortTaken);
    await expect(chosen).rejects.toThrow('another setting also has');
  });

  it('takes any free port for 0', async () => {
    const [port] = await choosePorts({ PORT: '0' }, [{ variable: 'PORT', fallback: 3000, host }]);
    expect(port).toBeGreaterThan(1_023);
  });
});

it('npm start reports each default port that was taken, and says nothing about a port that a variable names', () => {
  const wishes = [
    { variable: 'PORT', fallback: 3000, host: '127.0.0.1' },
    { variable: 'SANDBOX_PORT', fallback: 3001, host: '127.0.0.1' },
    { variable: 'SHOP_PORT', fallback: 3002, host: '127.0.0.1' },
  ];
  expect(movedPorts({ SHOP_PORT: '4000' }, wishes, [3003, 3001, 4000])).toEqual([
    'port 3000 is taken: PORT is 3003 this time',
  ]);
});
