import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { HttpsServer } from '../../../host/http/server.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { tempFolder } from '../../kit/temp-folder.js';

const SHORT = 'GET /short HTTP/1.1\r\nHost: x\r\n\r\n';
const LAST = 'GET /last HTTP/1.1\r\nHost: x\r\nX-Other: 1\r\nConnection: close\r\n\r\n';
const UPGRADE = 'POST /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

/** A server that answers `/short` before Node's parser, and records what reaches Node's. */
async function setup(t: ExecutionContext) {
  const log: string[] = [];
  const certificate = await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
  const server = new HttpsServer(certificate, {
    request: async (req, res) => {
      const body = await req.setEncoding('latin1').toArray();
      log.push(`${req.method} ${req.url} ${body.join('')}`);
      res.writeHead(200, { 'content-length': 0 });
      res.end();
    },
    upgrade: async (req, socket, head) => {
      let input = head.toString('latin1');
      while (!input.endsWith('.')) input += (await once(socket, 'data'))[0];
      log.push(`upgrade ${req.url} ${input}`);
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    },
    shortGet: ({ url }, exchange) => {
      if (url !== '/short') return false;
      log.push('short');
      exchange.answer(304, {}, Buffer.alloc(0));
      return true;
    },
  });
  const port = await server.start(0, '127.0.0.1');
  t.teardown(() => server.stop());
  return { log, port };
}

/** Sends each part as a TLS record of its own, all records in one TCP segment; reads to the end. */
async function sendTogether(t: ExecutionContext, port: number, parts: readonly string[]): Promise<void> {
  const tcp = net.connect(port, '127.0.0.1').setNoDelay(true);
  t.teardown(() => tcp.destroy());
  let together: Buffer[] | null = null;
  const pipe = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      if (together) together.push(chunk);
      else tcp.write(chunk);
      done();
    },
  });
  tcp.on('data', (chunk) => pipe.push(chunk)).on('end', () => pipe.push(null));
  const socket = tls.connect({ socket: pipe, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  together = [];
  for (const part of parts) await new Promise((sent) => socket.write(part, sent));
  t.true(together.length >= parts.length, 'records');
  const segment = Buffer.concat(together);
  together = null;
  tcp.write(segment);
  await socket.resume().toArray();
}

for (const [title, parts, expected] of [
  [
    'a body',
    ['POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n', 'abc', 'def', LAST],
    ['POST /a abcdef', 'GET /last '],
  ],
  [
    'a split head',
    ['POST /a HT', 'TP/1.1\r\nHost: x\r\nContent-', 'Length: 6\r\n\r\nabc', 'def', LAST],
    ['POST /a abcdef', 'GET /last '],
  ],
  [
    'short GETs and others',
    [SHORT, SHORT.replace('short', 'one'), SHORT.replace('short', 'two'), SHORT, LAST],
    ['short', 'GET /one ', 'GET /two ', 'GET /short ', 'GET /last '],
  ],
  ['an upgrade', [UPGRADE, 'one', 'two', 'three.'], ['upgrade /up onetwothree.']],
  ['a short GET and an upgrade', [SHORT, UPGRADE, 'one', 'two.'], ['short', 'upgrade /up onetwo.']],
] as const) {
  test(`short gets: TLS records of one TCP segment stay in order: ${title}`, async (t) => {
    const { log, port } = await setup(t);
    await sendTogether(t, port, parts);
    t.deepEqual(log, [...expected]);
  });
}
