import { randomBytes } from 'node:crypto';

/** A TLS version as on the wire. */
export const TLS_1_1 = 0x0302;
export const TLS_1_2 = 0x0303;

/** Alerts of a server (RFC 8446 section 6.2). */
export const ALERTS = { protocolVersion: 70, noApplicationProtocol: 120 } as const;

/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, and with AES_128_CBC_SHA, which TLS 1.1 has. */
const CIPHERS = [0xc02b, 0xc009];

/**
 * The first record of a TLS connection (RFC 5246 section 7.4.1.2), byte by byte: the TLS library of this machine may be
 * unable to offer an old version, and each has its own words for an alert.
 */
export function clientHello(version: number, protocol: string): Buffer {
  const extensions = Buffer.concat([
    extension(10, vector(2, uint16(23))), // supported_groups: secp256r1
    extension(11, vector(1, Buffer.of(0))), // ec_point_formats: uncompressed
    extension(13, vector(2, uint16(0x0403))), // signature_algorithms: ecdsa_secp256r1_sha256
    extension(16, vector(2, vector(1, Buffer.from(protocol)))), // application_layer_protocol_negotiation
  ]);
  const ciphers = Buffer.concat(CIPHERS.map(uint16));
  const body = [uint16(version), randomBytes(32), vector(1, Buffer.of()), vector(2, ciphers)];
  const hello = Buffer.concat([...body, vector(1, Buffer.of(0)), vector(2, extensions)]);
  const message = Buffer.concat([Buffer.of(1, 0), vector(2, hello)]);
  return Buffer.concat([Buffer.of(22, 3, 1), vector(2, message)]);
}

/** What a server's first record says: the number of a fatal alert, or `hello`. */
export function answerTo(record: Buffer): number | 'hello' {
  const [type, , , , , level, description = 0] = record;
  if (type === 22) return 'hello';
  if (type !== 21 || level !== 2) throw new Error(`neither an alert nor a hello: ${record.toString('hex')}`);
  return description;
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([uint16(type), vector(2, data)]);
}

/** `data` after its length. */
function vector(lengthBytes: 1 | 2, data: Buffer): Buffer {
  const length = lengthBytes === 1 ? Buffer.of(data.length) : uint16(data.length);
  return Buffer.concat([length, data]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
