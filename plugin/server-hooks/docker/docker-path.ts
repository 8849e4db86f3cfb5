import { EdgeError } from '../../../protocol/edge-error.js';

/** A Docker API path that may go to an engine as it was sent. */
export interface DockerPath {
  /** Path and query, byte for byte as the client sent them. */
  readonly raw: string;
  /** Segments of the decoded path, one character a byte, without the API version: `['containers', 'web', 'json']`. */
  readonly segments: readonly string[];
}

/** What can stand in a request line: no blanks, no control characters. Bytes above 127 are raw UTF-8. */
const REQUEST_TARGET = /^[\x21-\x7e\x80-\xff]+$/;
/** As the engine's router has it, which takes `v1.41.` and `v.` for versions, too. */
const VERSION = /^v[0-9.]+$/;

/**
 * Reads the part of a URL below `…/docker`, which begins with `/`, as the engine's router does: decoded once and as a
 * whole, so that an encoded slash separates segments like a plain one. It is forwarded raw.
 *
 * Refused is what a router or a proxy on the way would rewrite: dot segments and empty segments. The query is data.
 * @throws EdgeError `bad-docker-path` (400)
 */
export function parseDockerPath(raw: string): DockerPath {
  if (!raw.startsWith('/') || !REQUEST_TARGET.test(raw)) throw refused('holds blanks or control characters');
  const end = raw.indexOf('?');
  const segments = decode(end === -1 ? raw : raw.slice(0, end))
    .slice(1)
    .split('/');
  if (segments.includes('.') || segments.includes('..')) throw refused('has a dot segment');
  if (segments.at(-1) === '') segments.pop();
  if (segments.includes('')) throw refused('has an empty segment');
  if (VERSION.test(segments[0] ?? '')) segments.shift();
  return { raw, segments };
}

/** Whether a call becomes an HTTP/2 connection of BuildKit's: `/session` and `/grpc`, without a base path in real clients. */
export function isBuildKitConnection({ segments }: DockerPath): boolean {
  return segments.length === 1 && (segments[0] === 'grpc' || segments[0] === 'session');
}

/** Whether a call is a build whose files a BuildKit session brings. A BuildKit build that sends them itself needs none. */
export function needsBuildKitSession({ raw, segments }: DockerPath): boolean {
  const query = new URLSearchParams(raw.split('?')[1]);
  return (
    segments.length === 1 &&
    segments[0] === 'build' &&
    query.get('version') === '2' &&
    (query.get('session') ?? '') !== ''
  );
}

/**
 * Whether a call is about the whole Swarm, which only a manager may answer, and what it carries only a manager may see.
 * To join a Swarm, to make one and to leave it is each engine's own business.
 */
export function isSwarmCall({ segments }: DockerPath): boolean {
  const [noun = '', verb = ''] = segments;
  if (noun === 'swarm') return !['init', 'join', 'leave'].includes(verb);
  return ['nodes', 'services', 'tasks', 'secrets', 'configs'].includes(noun);
}

/** Whether a path is Docker's WebSocket variant of attach. */
export function isAttachWebSocket({ segments }: DockerPath): boolean {
  return segments.at(-2) === 'attach' && segments.at(-1) === 'ws';
}

/** Whether an engine may switch protocols on a path; everywhere else it ignores `Upgrade`. */
export function isUpgradePath(path: DockerPath): boolean {
  const [noun, , verb] = path.segments;
  const isTerminal = (noun === 'containers' && verb === 'attach') || (noun === 'exec' && verb === 'start');
  return isTerminal || isAttachWebSocket(path) || isBuildKitConnection(path);
}

/** Byte by byte: what is encoded need not be UTF-8. */
function decode(path: string): string {
  return path.replace(/%(..?)?/g, (_, hex: string | undefined) => {
    if (hex === undefined || !/^[0-9a-f]{2}$/i.test(hex)) throw refused('is not valid percent-encoding');
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
}

function refused(what: string): EdgeError {
  return new EdgeError('bad-docker-path', `The path of a Docker call ${what}`, { status: 400 });
}
