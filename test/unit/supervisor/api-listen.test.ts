// Where the API listens, and where it refuses to.

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApi, type Listen } from '../../../src/supervisor/api/start.js';
import { TARGET_FORMAT, TestApi } from '../../helpers/api.js';
import { DEVICE_KEY, MemorySupervisor } from '../../helpers/memory-supervisor.js';
import { scratch, until } from '../../helpers/scratch.js';

function connections(): string[] {
  return process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap');
}

async function refused(listen: Listen): Promise<unknown> {
  const options = { ...TARGET_FORMAT, listen, onWarning: () => undefined };
  const supervisor = new MemorySupervisor();
  const answer = await startApi(supervisor, options).then(
    (api) => api.close(),
    (error: unknown) => error,
  );
  expect(supervisor.listeners.size).toBe(0);
  return answer;
}

describe('over TCP', () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.2', 'example.org', '', '127.0.0.1.example.org'])
    it(`${JSON.stringify(host)} is refused`, async () => {
      expect(await refused({ host, port: 0 })).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    });
  for (const port of [-1, 65_536, 1.5, NaN])
    it(`port ${String(port)} is refused`, async () => {
      expect(await refused({ host: '127.0.0.1', port })).toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    });

  it('localhost is 127.0.0.1, and the address names the port that was free', async () => {
    const api = await TestApi.start({ listen: { host: 'localhost', port: 0 } });
    expect(api.api.address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect((await api.ask('GET /ping')).text).toBe('OK');
  });

  it('a port that is taken is an error that says so, and leaves nothing behind', async () => {
    const api = await TestApi.start();
    expect(await refused({ host: '127.0.0.1', port: api.port })).toMatchObject({
      code: 'ERR_SUPERVISOR',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });

  it('closing twice is closing once, and nobody is answered after it', async () => {
    const api = await TestApi.start();
    await Promise.all([api.api.close(), api.api.close()]);
    await expect(api.ask('GET /ping')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('closing does not wait for a request that never comes', async () => {
    const api = await TestApi.start({ limits: { closing: 50 } });
    const socket = await api.raw();
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.resume().write('POST /v1/update HTTP/1.1\r\n');
    await api.ask('GET /ping');
    await api.api.close();
    await gone;
  });

  it('a client that does not read its answer is cut', async () => {
    const api = await TestApi.start({ limits: { answer: 100 } });
    for (let n = 0; n < 2_000; n++) api.supervisor.log('notice', 'x'.repeat(10_000));
    const socket = await api.raw();
    const head = [
      `GET /history?most=2000 HTTP/1.1`,
      'Host: a',
      `Authorization: Bearer ${DEVICE_KEY}`,
    ];
    socket.pause().write(`${head.join('\r\n')}\r\n\r\n`);
    await until(() => connections().length === 2);
    await until(() => connections().length === 1); // ours alone: the server's end is gone
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.bytesRead).toBeLessThan(20_000_000);
  });

  it('one connection more than there may be is closed unanswered', async () => {
    const api = await TestApi.start({ limits: { connections: 2 } });
    await api.raw();
    await api.raw();
    const third = await api.raw();
    await new Promise((resolve) => third.resume().once('close', resolve));
    expect(third.bytesRead).toBe(0);
  });
});

describe('a unix socket', () => {
  it('is for its owner only, needs the key, and is gone afterwards', async () => {
    const dir = scratch();
    const path = join(dir, 'api.sock');
    const api = await TestApi.start({ listen: { path } });
    expect(api.api.address).toBe(path);
    expect(statSync(path).isSocket()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['api.sock']);
    expect((await api.ask('POST /v1/update', { key: 'x' })).status).toBe(401);
    expect((await api.ask('POST /v1/update')).status).toBe(204);
    expect(api.supervisor.calls[0]?.[2].who).toBe('api unix socket (device key)');
    await api.api.close();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('may be asked under any name', async () => {
    const api = await TestApi.start({ listen: { path: join(scratch(), 's') } });
    const headers = { host: 'supervisor.example' };
    expect((await api.ask('GET /ping', { headers })).status).toBe(200);
  });

  it('that a dead supervisor left is replaced', async () => {
    const path = join(scratch(), 's');
    const leave = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave, path])).toThrow('SIGKILL');
    expect(statSync(path).isSocket()).toBe(true);
    const api = await TestApi.start({ listen: { path } });
    expect((await api.ask('GET /ping')).text).toBe('OK');
  });

  it('that somebody listens on is left alone', async () => {
    const path = join(scratch(), 's');
    const other = createServer().listen(path);
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { ino } = statSync(path);
    expect(await refused({ path })).toMatchObject({
      code: 'ERR_SUPERVISOR',
      message: expect.stringContaining('somebody listens'),
    });
    expect(statSync(path).ino).toBe(ino);
  });

  it('is not made where a file, a directory or a symlink is', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'file'), 'mine');
    mkdirSync(join(dir, 'directory'));
    symlinkSync('file', join(dir, 'link'));
    for (const name of ['file', 'directory', 'link'])
      expect(await refused({ path: join(dir, name) })).toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('mine');
    expect(readdirSync(dir).sort()).toEqual(['directory', 'file', 'link']);
  });

  it('of a path too long, or in no directory, is refused and leaves nothing', async () => {
    const dir = scratch();
    expect(await refused({ path: join(dir, 'x'.repeat(100)) })).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    expect(await refused({ path: join(dir, 'none', 's') })).toMatchObject({
      code: 'ERR_SUPERVISOR',
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of somebody else’s by then is not removed', async () => {
    const path = join(scratch(), 's');
    const api = await TestApi.start({ listen: { path } });
    execFileSync('rm', [path]);
    writeFileSync(path, 'theirs');
    await api.api.close();
    expect(existsSync(path)).toBe(true);
  });
});
