// A registry of images, as much of one as an engine pulls from; runs in a container of its engine.
// `web` stops half-way through its second layer until there is a file `/tmp/go`; a layer of `broken` is not what its digest
// says. On the second port the same, for `ada` with the password `lovelace` alone.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const digest = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const blobs = new Map();
const manifests = new Map();
let held = '';

function tar(name, content) {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0', 136);
  head.write('        0', 148);
  head.write('ustar\0' + '00', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([
    head,
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
    Buffer.alloc(1024),
  ]);
}

function addImage(name, sizes) {
  const layers = sizes.map((size, index) => tar(`${name}-${index}`, randomBytes(size)));
  const packed = layers.map((layer) => gzipSync(layer, { level: 0 }));
  const rootfs = { type: 'layers', diff_ids: layers.map(digest) };
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs,
      history: layers.map(() => ({})),
    }),
  );
  const type = 'application/vnd.docker';
  const entry = (bytes, kind) => {
    blobs.set(digest(bytes), bytes);
    return { mediaType: `${type}.${kind}`, size: bytes.length, digest: digest(bytes) };
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: `${type}.distribution.manifest.v2+json`,
    config: entry(config, 'container.image.v1+json'),
    layers: packed.map((bytes) => entry(bytes, 'image.rootfs.diff.tar.gzip')),
  };
  manifests.set(name, Buffer.from(JSON.stringify(manifest)));
  return manifest.layers.at(-1).digest;
}

held = addImage('web', [1_000, 4_000_000]);
addImage('spare', [2_000]);
const broken = addImage('broken', [3_000]);
blobs.set(broken, Buffer.concat([blobs.get(broken).subarray(0, -9), randomBytes(9)]));

async function answer(req, res) {
  const [, name, kind, reference] = /^\/v2\/(\w+)\/(manifests|blobs)\/(.+)$/.exec(req.url) ?? [];
  const bytes = kind === 'blobs' ? blobs.get(reference) : manifests.get(name);
  if (req.url === '/v2/') return res.writeHead(200).end();
  if (!bytes)
    return res
      .writeHead(404, { 'content-type': 'application/json' })
      .end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  res.writeHead(200, {
    'content-type':
      kind === 'blobs' ? 'application/octet-stream' : 'application/vnd.docker.distribution.manifest.v2+json',
    'content-length': bytes.length,
    'docker-content-digest': kind === 'blobs' ? reference : digest(bytes),
  });
  if (req.method === 'HEAD') return res.end();
  if (reference !== held) return res.end(bytes);
  res.write(bytes.subarray(0, bytes.length / 2));
  while (!existsSync('/tmp/go')) await delay(50);
  res.end(bytes.subarray(bytes.length / 2));
}

const LOGIN = `Basic ${Buffer.from('ada:lovelace').toString('base64')}`;
createServer(answer).listen(5000, '127.0.0.1');
createServer((req, res) => {
  if (req.headers.authorization === LOGIN) return answer(req, res);
  res.writeHead(401, { 'www-authenticate': 'Basic realm="lab"' }).end();
}).listen(5001, '127.0.0.1', () => writeFileSync('/tmp/ready', ''));
