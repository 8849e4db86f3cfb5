import { EdgeError } from '../../../protocol/edge-error.js';

/** A Docker API path that may go to an engine as it was sent. */
export interface DockerPath {
  /** Path and query, byte for byte as the client sent them. */
  readonly raw: string;
  /** Decoded segments without the API version: `['containers', 'web', 'json']`. */
  readonly segments: readonly string[];
}

const PRINTABLE = /^[\x21-\x7e]+$/;
const VERSION = /^v\d+(\.\d+)*$/;

/**
 * Reads the part of a URL below `…/docker`, which begins with `/`.
 *
 * The path is forwarded raw, so whatever two readers could take for different things is refused here:
 * dot segments, empty segments, slashes and backslashes in disguise. The query is data and stays free.
 * @throws EdgeError `bad-docker-path` (400)
 */
export function parseDockerPath(raw: string): DockerPath {
  if (!raw.startsWith('/') || !PRINTABLE.test(raw) || raw.includes('#'))
    throw refused('holds characters that must be encoded');
  const end = raw.indexOf('?');
  const path = end === -1 ? raw : raw.slice(0, end);
  const segments = path.slice(1).split('/').map(decodeSegment);
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

function decodeSegment(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw refused('is not valid percent-encoding');
  }
  if (decoded === '.' || decoded === '..') throw refused('has a dot segment');
  if (/[/\\]/.test(decoded)) throw refused('hides a slash or backslash in a segment');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(decoded)) throw refused('holds a control character');
  return decoded;
}

function refused(what: string): EdgeError {
  return new EdgeError('bad-docker-path', `The path of a Docker call ${what}`, { status: 400 });
}
