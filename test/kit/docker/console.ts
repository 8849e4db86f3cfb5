import { once } from 'node:events';
import WebSocket from 'ws';
import type { Ticket } from '../../../plugin/api.js';
import type { HubApi } from '../hub/api.js';
import type { Scope } from '../scope.js';

/** A page's console, as far as a test needs one. */
export interface Console {
  readonly ws: WebSocket;
  /** All bytes so far, as text. */
  output(): string;
  /** Resolves once the output matches. */
  untilOutput(pattern: RegExp, ms?: number): Promise<void>;
  type(text: string | Buffer): void;
  resize(columns: number, rows: number): void;
  /** Resolves to the text frames once the connection is closed. */
  readonly closed: Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Makes an exec instance in a container. Resolves to its id. */
export async function makeExec(
  hub: HubApi,
  environmentId: number,
  container: string,
  command: readonly string[],
  { tty = true, marker, user }: { tty?: boolean; marker?: string; user?: string } = {},
): Promise<string> {
  const path = `/edge/api/environments/${environmentId}/docker/containers/${container}/exec`;
  const body = {
    ...{ Cmd: command, Tty: tty, AttachStdin: true, AttachStdout: true, AttachStderr: true },
    ...(marker && { Env: [`FAIRLEAD_CONSOLE=${marker}`] }),
    ...(user && { User: user }),
  };
  const answer = await hub.call<{ Id: string }>('POST', path, body);
  if (answer.status !== 201) throw new Error(`no exec: ${JSON.stringify(answer.body)}`);
  return answer.body.Id;
}

export async function askTicket(
  hub: HubApi,
  environmentId: number,
  execId: string,
  marker?: string,
): Promise<Ticket> {
  const body = { environmentId, execId, ...(marker && { marker }) };
  const answer = await hub.call<Ticket>('POST', '/edge/api/tickets', body);
  if (answer.status !== 201) throw new Error(`no ticket: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Opens the console of a command in a container; ready when its terminal is there. */
export async function openConsole(
  t: Scope,
  hub: HubApi,
  environmentId: number,
  container: string,
  command: readonly string[],
  options: { marker?: string; user?: string } = {},
): Promise<Console> {
  const execId = await makeExec(hub, environmentId, container, command, options);
  const { url } = await askTicket(hub, environmentId, execId, options.marker);
  const ws = new WebSocket(hub.origin.replace('https:', 'wss:') + url, {
    origin: hub.origin,
    rejectUnauthorized: false,
  });
  t.teardown(() => ws.terminate());
  const said: Record<string, unknown>[] = [];
  const parts: Buffer[] = [];
  const listeners = new Set<() => void>();
  ws.on('message', (data: Buffer, isBinary) => {
    if (isBinary) parts.push(data);
    else said.push(JSON.parse(data.toString('utf8')));
    for (const listener of [...listeners]) listener();
  });
  const closed = once(ws, 'close').then(() => said);
  closed.catch(() => undefined);
  const output = () => Buffer.concat(parts).toString('utf8');
  const until = (holds: () => boolean, ms: number) =>
    new Promise<void>((resolve, reject) => {
      const give = () =>
        reject(new Error(`not within ${ms} ms: ${output().slice(-500)} ${JSON.stringify(said)}`));
      const timer = setTimeout(give, ms);
      const check = () => {
        if (!holds()) return;
        clearTimeout(timer);
        listeners.delete(check);
        resolve();
      };
      listeners.add(check);
      check();
    });
  await until(() => said.length > 0, 30_000);
  return {
    ws,
    output,
    untilOutput: (pattern, ms = 30_000) => until(() => pattern.test(output()), ms),
    type: (text) => ws.send(Buffer.from(text)),
    resize: (columns, rows) => ws.send(JSON.stringify({ type: 'resize', columns, rows })),
    closed,
  };
}

/** What the hub answers to a handshake that it refuses. */
export async function refusedHandshake(
  origin: string,
  url: string,
  headers: { origin?: string } = {},
): Promise<{ status: number; code: string }> {
  const ws = new WebSocket(origin.replace('https:', 'wss:') + url, { ...headers, rejectUnauthorized: false });
  ws.on('error', () => undefined);
  const [, response] = await once(ws, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, code: JSON.parse(text).code };
}
