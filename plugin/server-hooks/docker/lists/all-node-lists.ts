import { setMaxListeners } from 'node:events';
import { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf, EdgeError } from '../../../../protocol/edge-error.js';
import type { AllNodeList } from '../../../api.js';
import type { Logger } from '../../host.js';
import type { JsonWorker } from '../../json/json-worker.js';
import type { TunnelTarget } from '../../tunnel/tunnel-source.js';
import { ANSWER_GUARDS } from '../answer-head.js';
import {
  type ClientRequest,
  type ClientResponse,
  discardBody,
  endUpload,
  isOpen,
} from '../client-message.js';
import { type EngineAccess, requestEnvironment } from '../request-environment.js';
import { clientGone } from '../with-tunnel.js';
import { ListMemory, type ListShare } from './list-memory.js';
import type { ListRequest } from './list-request.js';
import { listTooLarge, type NodeList, type NodeListInput, nodeListJob } from './node-list-job.js';
import { readList } from './read-list.js';

/** A node that a list is asked of. */
export interface ListedNode {
  readonly id: string;
  readonly name: string;
  /** An error: why nobody can be asked. */
  readonly target: TunnelTarget | EdgeError;
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

/** Nodes that one list asks at a time: each may have to open its tunnel first. */
const AT_ONCE = 32;
/** A list of very many nodes may take so many times what one node may. */
const MOST_ROUNDS = 6;

/**
 * Answers a list call with what all nodes of an environment have. Nodes are asked side by side, each within its own
 * deadline; the answer comes when the last has answered or failed, and says so of each.
 */
export class AllNodeLists {
  readonly #options: AllNodeListsOptions;
  readonly #memory = new ListMemory();

  constructor(options: AllNodeListsOptions) {
    this.#options = options;
  }

  /**
   * Serves the call; resolves when its client has the answer or is gone.
   * @param nodes in the order of the answer; where several tell of a Swarm's network the first is believed
   */
  async answer(
    req: ClientRequest,
    res: ClientResponse,
    environmentId: number,
    question: ListRequest,
    nodes: readonly ListedNode[],
  ): Promise<void> {
    for (const side of [req, res]) side.on('error', () => undefined);
    discardBody(req);
    const gone = new AbortController();
    res.once('close', () => gone.abort(clientGone()));
    if (!isOpen(res)) gone.abort(clientGone());
    const share = this.#memory.open(environmentId);
    try {
      const answers = await this.#askAll(question, nodes, share, gone.signal);
      if (!gone.signal.aborted) await send(res, answers);
    } finally {
      share.end();
      endUpload(req, res);
    }
  }

  async #askAll(
    question: ListRequest,
    nodes: readonly ListedNode[],
    share: ListShare,
    gone: AbortSignal,
  ): Promise<NodeAnswer[]> {
    const { clock } = this.#options;
    const stop = new AbortController();
    setMaxListeners(AT_ONCE + 1, stop.signal);
    const cancel = clock.after(MOST_ROUNDS * question.nodeMs, () => stop.abort(tooSlow()));
    const leave = () => stop.abort(gone.reason);
    if (gone.aborted) leave();
    gone.addEventListener('abort', leave, { once: true });
    const answers: NodeAnswer[] = [];
    // All take from the same iterator.
    const queue = nodes.entries();
    const askNext = async () => {
      for (const [index, node] of queue)
        answers[index] = await this.#askNode(question, node, share, stop.signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, askNext));
    cancel();
    gone.removeEventListener('abort', leave);
    return answers;
  }

  async #askNode(
    question: ListRequest,
    { id, name, target }: ListedNode,
    share: ListShare,
    stop: AbortSignal,
  ): Promise<NodeAnswer> {
    const own = new AbortController();
    const onStop = () => own.abort(stop.reason);
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop);
    const cancel = this.#options.clock.after(question.nodeMs, () => own.abort(tooSlow()));
    try {
      if (target instanceof EdgeError) throw target;
      own.signal.throwIfAborted();
      const asked = this.#ask(question, target, { ID: id, Name: name }, share, own.signal);
      const list = await orAborted(asked, own.signal);
      return { list, state: { id, name, state: 'ok', code: null, detail: null, warnings: list.warnings } };
    } catch (error) {
      return { list: null, state: this.#failed(id, name, error) };
    } finally {
      cancel();
      stop.removeEventListener('abort', onStop);
    }
  }

  #ask(
    { kind, path }: ListRequest,
    target: TunnelTarget,
    node: { readonly ID: string; readonly Name: string },
    share: ListShare,
    signal: AbortSignal,
  ): Promise<NodeList> {
    const headers = { host: 'docker', 'accept-encoding': 'identity' };
    const ask = { method: 'GET', path, headers, body: null };
    return requestEnvironment(this.#options, target, ask, signal, ({ response }) =>
      readList(kind, response, node, share, (bytes, input) =>
        this.#readJson(target.environmentId, bytes, input),
      ),
    );
  }

  /** An engine is not trusted: what it sends is read where it holds nobody up. */
  async #readJson(environmentId: number, bytes: Buffer, input: NodeListInput): Promise<NodeList> {
    try {
      return await this.#options.json.run(environmentId, nodeListJob, bytes, input);
    } catch (error) {
      if (codeOf(error) === 'body-too-complex') {
        throw listTooLarge('The list has too many members, or is nested too deeply');
      }
      if (codeOf(error) === 'body-not-json') {
        throw new EdgeError('engine-bad-answer', 'The engine answered with something that is no such list', {
          status: 502,
        });
      }
      throw error;
    }
  }

  #failed(id: string, name: string, error: unknown): NodeState {
    const code = codeOf(error);
    const isKnown = error instanceof EdgeError;
    if (isKnown) this.#options.logger.debug({ node: id, code }, 'a node is missing in a list');
    else this.#options.logger.error({ node: id, code, err: error }, 'a node could not be asked for a list');
    const detail = isKnown && error.expose ? error.message : 'The hub failed to ask it';
    return { id, name, state: 'failed', code, detail, warnings: [] };
  }
}

/** To open a stream to an engine takes its time though nobody waits any more; the hold on its tunnel ends with it. */
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
  // A client that leaves meanwhile has nothing more to be told.
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

function tooSlow(): EdgeError {
  return new EdgeError('node-timeout', 'The node did not answer in time', { status: 504 });
}
