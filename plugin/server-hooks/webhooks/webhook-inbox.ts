import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../../protocol/clock.js';
import { codeOf, EdgeError } from '../../../protocol/edge-error.js';
import type { PrintedCommands, WebhookAnswer, WebhookMessage } from '../../api.js';
import type { AgentAddresses } from '../environments/agent-addresses.js';
import type { AuthFailureLog } from '../environments/auth-failure-log.js';
import type { EnvironmentAdmin } from '../environments/environment-admin.js';
import type { Logger } from '../host.js';
import { type Environment, keyHolds } from '../model/environment.js';
import { liveSecrets, type Webhook } from '../model/webhook.js';
import type { Store } from '../store/store.js';
import type { CallLog } from './call-log.js';
import { environmentOfMessage, requireRoom, withMessage } from './message-ledger.js';
import type { SealedAnswers } from './sealed-answers.js';
import { verifyMessage, webhookUnauthorized } from './verify-message.js';

export interface WebhookInboxOptions {
  readonly store: Store;
  readonly admin: EnvironmentAdmin;
  readonly answers: SealedAnswers;
  readonly callLog: CallLog;
  /** Counts those who do not sign as they must. */
  readonly authFailures: AuthFailureLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A secret that nobody has. */
  readonly decoy: string;
}

/** A call of a webhook as it arrived. */
export interface Delivery {
  readonly webhookId: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** Of the caller, or of the proxy in front. */
  readonly address: string;
  /** Reads the body, once it is known who sent it. @throws EdgeError `body-not-json`, `bad-request` */
  read(): WebhookMessage;
  /** @throws EdgeError `bad-request` */
  addresses(message: WebhookMessage): AgentAddresses;
  print(environment: Environment, edgeKey: string): PrintedCommands;
}

/** 201 for an environment that was made, 200 for one that was found. */
export interface WebhookReply {
  readonly status: 200 | 201;
  readonly body: WebhookAnswer;
}

/** Checked each time, so that the time taken tells nothing: as many as a webhook has during a rotation. */
const SECRETS = 2;

interface Kept extends WebhookReply {
  /** Of the key in the answer; null: it holds none. */
  readonly keyGeneration: number | null;
}

/**
 * Takes signed messages in, each once. Environment and message id are stored in one write, before the answer: after a
 * crash in between the message is known, and what it made can be found.
 */
export class WebhookInbox {
  readonly #options: WebhookInboxOptions;
  /** Ends, never with an error, when the message is answered. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: WebhookInboxOptions) {
    this.#options = options;
  }

  /**
   * @throws EdgeError `webhook-unauthorized` (401), `webhook-repeated` (409), `webhook-busy` (429), and those of
   *   {@link Delivery} and of {@link EnvironmentAdmin}
   */
  async receive(delivery: Delivery): Promise<WebhookReply> {
    const { store, callLog, logger } = this.#options;
    const { webhookId, address } = delivery;
    const messageId = this.#authenticate(delivery);
    const note = (outcome: string, environmentId: number | null) => {
      // It may have been deleted meanwhile.
      if (store.webhook(webhookId)) callLog.note(webhookId, { outcome, environmentId, messageId, address });
      logger.info({ webhook: webhookId, outcome, environment: environmentId }, 'webhook called');
    };
    try {
      const { outcome, reply } = await this.#answer(messageId, delivery);
      note(outcome, reply.body.id);
      return reply;
    } catch (error) {
      note(codeOf(error), null);
      throw error;
    }
  }

  /** The same work for a webhook that is not there. */
  #authenticate(delivery: Delivery): string {
    const { store, clock, callLog, authFailures, logger, decoy } = this.#options;
    const webhook = store.webhook(delivery.webhookId);
    const own = webhook ? liveSecrets(webhook, clock.now()).map(({ secret }) => secret) : [];
    const secrets = [...own, decoy, decoy].slice(0, SECRETS);
    try {
      const messageId = verifyMessage(secrets, delivery);
      if (webhook) return messageId;
      throw webhookUnauthorized();
    } catch (error) {
      authFailures.note(logger);
      if (webhook) callLog.refused(webhook.id, delivery.address);
      throw error;
    }
  }

  async #answer(
    messageId: string,
    delivery: Delivery,
  ): Promise<{ outcome: 'created' | 'found' | 'repeated'; reply: WebhookReply }> {
    const message = delivery.read();
    const name = `${delivery.webhookId} ${messageId}`;
    // One at a time for each message: the others then find its answer, or try themselves where it failed.
    for (let other = this.#underWay.get(name); other; other = this.#underWay.get(name)) await other;
    const webhook = this.#options.store.webhook(delivery.webhookId);
    if (!webhook) throw webhookUnauthorized();
    const environmentId = environmentOfMessage(webhook, messageId);
    if (environmentId !== undefined) {
      return { outcome: 'repeated', reply: await this.#again(name, environmentId, delivery) };
    }
    const taken = this.#take(webhook, messageId, message, delivery);
    const done = taken.then(
      () => this.#underWay.delete(name),
      () => this.#underWay.delete(name),
    );
    this.#underWay.set(name, done);
    const reply = await taken;
    return { outcome: reply.status === 201 ? 'created' : 'found', reply };
  }

  async #take(
    webhook: Webhook,
    messageId: string,
    message: WebhookMessage,
    delivery: Delivery,
  ): Promise<WebhookReply> {
    const { store, admin, answers, clock } = this.#options;
    const now = clock.now();
    requireRoom(webhook, now);
    const remember = (id: number) => store.putWebhook(withMessage(webhook, messageId, id, now));
    const externalId = message.externalId ?? null;
    const found = externalId === null ? undefined : store.environmentByExternalId(webhook.id, externalId);
    let kept: Kept;
    if (found) {
      await remember(found.id);
      kept = { status: 200, body: answerOf(found, null, null), keyGeneration: null };
    } else {
      const { environment, edgeKey } = await admin.create(
        {
          ...delivery.addresses(message),
          name: message.name,
          edgeId: undefined,
          tags: message.tags ?? [],
          checkInSeconds: null,
          origin: { webhookId: webhook.id, externalId },
        },
        ({ id }) => remember(id),
      );
      const body = answerOf(environment, edgeKey, delivery.print(environment, edgeKey));
      kept = { status: 201, body, keyGeneration: environment.keys.at(-1)?.generation ?? null };
    }
    await answers.keep(`${webhook.id} ${messageId}`, delivery.bytes, kept);
    return kept;
  }

  /** The first answer, while what it tells is still true. @throws EdgeError `webhook-repeated` (409) */
  async #again(name: string, environmentId: number, { bytes }: Delivery): Promise<WebhookReply> {
    const { store, answers, clock } = this.#options;
    const kept = (await answers.open(name, bytes)) as Kept | undefined;
    const environment = store.environment(environmentId);
    const holds = environment?.keys.some(
      (key) => key.generation === kept?.keyGeneration && keyHolds(key, clock.now()),
    );
    if (environment && kept && (kept.keyGeneration === null || holds)) return kept;
    throw new EdgeError('webhook-repeated', 'A message with this webhook-id was answered before', {
      status: 409,
      details: { environmentId },
    });
  }
}

function answerOf(
  environment: Environment,
  edgeKey: string | null,
  commands: PrintedCommands | null,
): WebhookAnswer {
  const { id, name, edgeId, tags, apiUrl, tunnelAddress, createdAt, origin } = environment;
  const externalId = origin?.externalId ?? null;
  return { id, name, externalId, edgeId, tags, url: apiUrl, tunnelAddress, createdAt, edgeKey, commands };
}
