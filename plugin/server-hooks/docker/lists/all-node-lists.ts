import { setMaxListeners } from 'node:events';
import { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, Problem, problem } from '../../../../protocol/problems.js';
import type { AllNodeList } from '../../../api.js';
import type { Logger } from '../../host.js';
import type { JsonWorker } from '../../json/json-worker.js';
import type { TunnelTarget } from '../../tunnel/source.js';
import {
  type ClientRequest,
  type ClientResponse,
  discardBody,
  endUpload,
  isOpen,
} from '../client-message.js';
import { ANSWER_GUARDS } from '../proxy/answer-head.js';
import { type EngineAccess, requestEnvironment } from '../with-tunnel.js';

import { ListMemory, type ListShare } from './list-memory.js';
import type { ListRequest } from './list-request.js';
import { listTooLarge, type NodeList, type NodeListInput, nodeListJob } from './node-list-job.js';
import { readList } from './read-list.js';

/** A node to query. */
export interface ListedNode {
  readonly id: string;
  readonly name: string;
  /** An error if the node cannot be queried. */
  readonly target: TunnelTarget | Problem;
}

type NodeState = AllNodeList['nodes'][number];
interface NodeAnswer {
  readonly list: NodeList | null;
  readonly state: NodeState;
}

export interface AllNodeListsOptions extends EngineAccess {
  readonly logger: Logger;
  readonly json: Pick<JsonWorker, 'run'>;
}

/** Nodes queried concurrently: each may have to open its tunnel first. */
const MAX_CONCURRENT = 32;
/** Time limit of a list, as a multiple of one node's. */
const MAX_ROUNDS = 6;

/**
 * Answers a list call for all nodes of an environment. Nodes are queried in parallel, each within its own deadline; the
 * answer is sent when the last one has answered or failed, and contains the state of each.
 */
export class AllNodeLists {
  readonly #options: AllNodeListsOptions;
  readonly #memory = new ListMemory();

  constructor(options: AllNodeListsOptions) {
    this.#options = options;
  }

  /**
   * Serves the call; resolves when its client has the answer or disconnected.
   * @param nodes in the order of the answer; if several report a Swarm network, the first one is used
   */
  async answer(
    req: ClientRequest,
    res: ClientResponse,
    environmentId: number,
    listRequest: ListRequest,
    nodes: readonly ListedNode[],
  ): Promise<void> {
    for (const side of [req, res]) side.on('error', () => undefined);
    discardBody(req);
    const disconnect = new AbortController();
    res.once('close', () => disconnect.abort(problem('client-gone')));
    if (!isOpen(res)) disconnect.abort(problem('client-gone'));
    const share = this.#memory.open(environmentId);
    try {
      const answers = await this.#queryAll(listRequest, nodes, share, disconnect.signal);
      if (!disconnect.signal.aborted) await send(res, answers);
    } finally {
      share.end();
      endUpload(req, res);
    }
  }

  async #queryAll(
    listRequest: ListRequest,
    nodes: readonly ListedNode[],
    share: ListShare,
    disconnect: AbortSignal,
  ): Promise<NodeAnswer[]> {
    const { clock } = this.#options;
    const stop = new AbortController();
    setMaxListeners(MAX_CONCURRENT + 1, stop.signal);
    const cancel = clock.after(MAX_ROUNDS * listRequest.nodeMs, () => stop.abort(problem('node-timeout')));
    const leave = () => stop.abort(disconnect.reason);
    if (disconnect.aborted) leave();
    disconnect.addEventListener('abort', leave, { once: true });
    const answers: NodeAnswer[] = [];
    // All workers share this iterator.
    const queue = nodes.entries();
    const queryNext = async () => {
      for (const [index, node] of queue)
        answers[index] = await this.#queryNode(listRequest, node, share, stop.signal);
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT }, queryNext));
    cancel();
    disconnect.removeEventListener('abort', leave);
    return answers;
  }

  async #queryNode(
    listRequest: ListRequest,
    { id, name, target }: ListedNode,
    share: ListShare,
    stop: AbortSignal,
  ): Promise<NodeAnswer> {
    const own = new AbortController();
    const onStop = () => own.abort(stop.reason);
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop);
    const cancel = this.#options.clock.after(listRequest.nodeMs, () => own.abort(problem('node-timeout')));
    try {
      if (target instanceof Problem) throw target;
      own.signal.throwIfAborted();
      const answer = this.#query(listRequest, target, { ID: id, Name: name }, share, own);
      const list = await orAborted(answer, own.signal);
      return { list, state: { id, name, state: 'ok', code: null, detail: null, warnings: list.warnings } };
    } catch (error) {
      return { list: null, state: this.#failed(id, name, error) };
    } finally {
      cancel();
      stop.removeEventListener('abort', onStop);
    }
  }

  #query(
    { kind, path }: ListRequest,
    target: TunnelTarget,
    node: { readonly ID: string; readonly Name: string },
    share: ListShare,
    stop: AbortController,
  ): Promise<NodeList> {
    const headers = { host: 'docker', 'accept-encoding': 'identity' };
    const ask = { method: 'GET', path, headers, body: null };
    return requestEnvironment(this.#options, target, ask, stop, ({ response }) =>
      readList(kind, response, node, share, (bytes, input) =>
        this.#readJson(target.environmentId, bytes, input),
      ),
    );
  }

  /** Engines are not trusted: their JSON is parsed in the worker, where it blocks no other call. */
  async #readJson(environmentId: number, bytes: Buffer, input: NodeListInput): Promise<NodeList> {
    try {
      return await this.#options.json.run(environmentId, nodeListJob, bytes, input);
    } catch (error) {
      if (codeOf(error) === 'body-too-complex') {
        throw listTooLarge('The list has too many members, or is nested too deeply');
      }
      if (codeOf(error) === 'body-not-json') {
        throw problem('engine-bad-answer', { detail: 'The engine did not answer with such a list' });
      }
      throw error;
    }
  }

  #failed(id: string, name: string, error: unknown): NodeState {
    const code = codeOf(error);
    const isKnown = error instanceof Problem && code !== 'internal';
    if (isKnown) this.#options.logger.debug({ node: id, code }, 'a node is missing from a list');
    else
      this.#options.logger.error(
        { node: id, code, err: error },
        'unexpected error while querying a node for a list',
      );
    const detail = isKnown && !error.isSilent ? error.message : 'The hub could not query it';
    return { id, name, state: 'failed', code, detail, warnings: [] };
  }
}

/** Opening a stream to an engine may outlast the deadline; the hold on its tunnel ends with it. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

async function send(res: ClientResponse, answers: readonly NodeAnswer[]): Promise<void> {
  const chunks: Uint8Array[] = [Buffer.from('{"items":['), ...items(answers)];
  chunks.push(Buffer.from(`],"nodes":${JSON.stringify(answers.map(({ state }) => state))}}`));
  res.writeHead(200, {
    ...ANSWER_GUARDS,
    'content-type': 'application/json',
    'content-length': chunks.reduce((sum, { length }) => sum + length, 0),
  });
  const sink = res instanceof ServerResponse ? res : res.stream;
  // A client that disconnects meanwhile needs no error.
  await pipeline(Readable.from(chunks), sink).catch(() => undefined);
}

function items(answers: readonly NodeAnswer[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  const seen = new Set<string>();
  const add = (json: Uint8Array) => {
    if (found.length > 0) found.push(COMMA);
    found.push(json);
  };
  for (const { list } of answers) {
    if (list && list.items.length > 0) add(list.items);
    for (const [id, json] of list?.shared ?? []) {
      if (!seen.has(id)) add(json);
      seen.add(id);
    }
  }
  return found;
}

const COMMA = Buffer.from(',');
