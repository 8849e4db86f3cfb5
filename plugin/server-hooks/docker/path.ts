import { type Problem, problem } from '../../../protocol/problems.js';

/** A Docker API path that may be sent to an engine unchanged. */
export interface DockerPath {
  /** Path and query, byte for byte as sent. */
  readonly raw: string;
  /** Segments of the decoded path, one character per byte, without the API version: `['containers', 'web', 'json']`. */
  readonly segments: readonly string[];
}

/** Characters of a request line: no blanks, no control characters. Bytes above 127 are raw UTF-8. */
const REQUEST_TARGET = /^[\x21-\x7e\x80-\xff]+$/;
/** As in the engine's router, which accepts `v1.41.` and `v.` as versions too. */
const VERSION = /^v[0-9.]+$/;

/**
 * Parses the part of a URL below `…/docker`, which starts with `/`, as the engine's router does: decoded once as a
 * whole, so that an encoded slash separates segments like a plain one. It is forwarded raw.
 *
 * Rejects what a router or proxy in between would rewrite: dot segments and empty segments. The query is data.
 * @throws Problem `bad-docker-path` (400)
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

/** Whether a call opens a BuildKit HTTP/2 connection: `/session` and `/grpc`, without a base path in real clients. */
export function isBuildKitConnection({ segments }: DockerPath): boolean {
  return segments.length === 1 && (segments[0] === 'grpc' || segments[0] === 'session');
}

/**
 * Whether a call is a build whose files come through a BuildKit session. A BuildKit build that sends them itself needs
 * none.
 */
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
 * Whether a call concerns the whole Swarm, so that only a manager may answer it and see its contents. Creating, joining
 * and leaving a Swarm concerns only the engine itself.
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

/** Decodes byte by byte: the encoded bytes need not be UTF-8. */
function decode(path: string): string {
  return path.replace(/%(..?)?/g, (_, hex: string | undefined) => {
    if (hex === undefined || !/^[0-9a-f]{2}$/i.test(hex)) throw refused('is not valid percent-encoding');
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
}

function refused(what: string): Problem {
  return problem('bad-docker-path', { detail: `The path of a Docker call ${what}` });
}
