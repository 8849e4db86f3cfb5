import type { IncomingHttpHeaders } from 'node:http';
import { codeOf, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { PrintedCommands, WebhookAnswer, WebhookMessage } from '../../api.js';
import type { EnvironmentAdmin } from '../environments/admin.js';
import type { AgentAddresses } from '../environments/agent-addresses.js';
import type { Logger } from '../host.js';
import type { AuthFailureLog } from '../live/auth-failure-log.js';
import { type Environment, isKeyValid } from '../model/environment.js';
import { liveSecrets } from '../model/webhook.js';
import type { Store, Transaction } from '../store/store.js';
import type { CallLog } from './call-log.js';
import { environmentOfMessage, requireRoom, withMessage } from './message-ledger.js';
import type { SealedAnswers } from './sealed-answers.js';
import { verifyMessage } from './verify-message.js';

export interface WebhookInboxOptions {
  readonly store: Store;
  readonly admin: EnvironmentAdmin;
  readonly answers: SealedAnswers;
  readonly callLog: CallLog;
  /** Counts callers without a valid signature. */
  readonly authFailures: AuthFailureLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A secret that is never issued. */
  readonly decoy: string;
}

/** A call of a webhook as received. */
export interface Delivery {
  readonly webhookId: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The address of the caller, or of the proxy in front. */
  readonly address: string;
  /** Parses the body once the sender is authenticated. @throws Problem `body-not-json`, `bad-request` */
  read(): WebhookMessage;
  /** @throws Problem `bad-request` */
  addresses(message: WebhookMessage): AgentAddresses;
  print(environment: Environment, edgeKey: string): PrintedCommands;
}

/** 201 for a new environment, 200 for an existing one. */
export interface WebhookReply {
  readonly status: 200 | 201;
  readonly body: WebhookAnswer;
}

/** Secrets checked each time, so that timing reveals nothing: as many as a webhook has during a rotation. */
const SECRETS = 2;

interface Kept extends WebhookReply {
  /** Generation of the key in the answer; null: it contains none. */
  readonly keyGeneration: number | null;
}

interface Answered {
  readonly outcome: 'created' | 'found' | 'repeated';
  readonly reply: WebhookReply;
}

/**
 * Accepts signed messages, each once. Environment and message id are stored in one write, before the answer: after a
 * crash in between, the message is known and its environment can be found.
 */
export class WebhookInbox {
  readonly #options: WebhookInboxOptions;
  /** Resolves, never rejects, when the message is answered. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: WebhookInboxOptions) {
    this.#options = options;
  }

  /**
   * @throws Problem `webhook-unauthorized` (401), `webhook-repeated` (409), `webhook-busy` (429), and the errors of
   *   {@link Delivery} and {@link EnvironmentAdmin}
   */
  async receive(delivery: Delivery): Promise<WebhookReply> {
    const { store, callLog, logger } = this.#options;
    const { webhookId, address } = delivery;
    const messageId = this.#authenticate(delivery);
    const note = (outcome: string, environmentId: number | null) => {
      // The webhook may have been deleted meanwhile.
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

  /** Does the same work for an unknown webhook. */
  #authenticate(delivery: Delivery): string {
    const { store, clock, callLog, authFailures, logger, decoy } = this.#options;
    const webhook = store.webhook(delivery.webhookId);
    const own = webhook ? liveSecrets(webhook, clock.now()).map(({ secret }) => secret) : [];
    const secrets = [...own, decoy, decoy].slice(0, SECRETS);
    try {
      const messageId = verifyMessage(secrets, delivery);
      if (webhook) return messageId;
      throw problem('webhook-unauthorized');
    } catch (error) {
      authFailures.note(logger);
      if (webhook) callLog.refused(webhook.id, delivery.address);
      throw error;
    }
  }

  async #answer(messageId: string, delivery: Delivery): Promise<Answered> {
    const message = delivery.read();
    const name = `${delivery.webhookId} ${messageId}`;
    // One at a time per message: the others then find its answer, or retry if it failed.
    for (let other = this.#underWay.get(name); other; other = this.#underWay.get(name)) await other;
    const answered = this.#accept(name, messageId, message, delivery);
    const done = answered.then(
      () => this.#underWay.delete(name),
      () => this.#underWay.delete(name),
    );
    this.#underWay.set(name, done);
    return answered;
  }

  async #accept(
    name: string,
    messageId: string,
    message: WebhookMessage,
    delivery: Delivery,
  ): Promise<Answered> {
    const { store, answers, clock } = this.#options;
    const now = clock.now();
    const { environmentId, fresh } = await store.transact((transaction) => {
      const webhook = transaction.webhook(delivery.webhookId);
      if (!webhook) throw problem('webhook-unauthorized');
      const answeredId = environmentOfMessage(webhook, messageId);
      if (answeredId !== undefined) return { environmentId: answeredId, fresh: null };
      requireRoom(webhook, now);
      const { id, kept } = this.#environmentFor(transaction, webhook.id, message, delivery);
      transaction.updateWebhook(webhook.id, (current) => withMessage(current, messageId, id, now));
      return { environmentId: id, fresh: kept };
    });
    if (!fresh) return { outcome: 'repeated', reply: await this.#repeat(name, environmentId, delivery) };
    await answers.keep(name, delivery.bytes, fresh);
    return { outcome: fresh.status === 201 ? 'created' : 'found', reply: fresh };
  }

  /** The environment that the message names, or a new one. */
  #environmentFor(
    transaction: Transaction,
    webhookId: string,
    message: WebhookMessage,
    delivery: Delivery,
  ): { id: number; kept: Kept } {
    const externalId = message.externalId ?? null;
    const found =
      externalId === null ? undefined : transaction.environmentByExternalId(webhookId, externalId);
    if (found) {
      return { id: found.id, kept: { status: 200, body: answerOf(found, null, null), keyGeneration: null } };
    }
    const draft = this.#options.admin.draft({
      ...delivery.addresses(message),
      name: message.name,
      edgeId: undefined,
      tags: message.tags ?? [],
      checkInSeconds: null,
      origin: { webhookId, externalId },
    });
    const environment = transaction.create(draft.make);
    const edgeKey = draft.edgeKey(environment);
    const body = answerOf(environment, edgeKey, delivery.print(environment, edgeKey));
    const keyGeneration = environment.keys.at(-1)?.generation ?? null;
    return { id: environment.id, kept: { status: 201, body, keyGeneration } };
  }

  /** The first answer, while it is still valid. @throws Problem `webhook-repeated` (409) */
  async #repeat(name: string, environmentId: number, { bytes }: Delivery): Promise<WebhookReply> {
    const { store, answers, clock } = this.#options;
    const kept = (await answers.open(name, bytes)) as Kept | undefined;
    const environment = store.environment(environmentId);
    const isCurrent = environment?.keys.some(
      (key) => key.generation === kept?.keyGeneration && isKeyValid(key, clock.now()),
    );
    if (environment && kept && (kept.keyGeneration === null || isCurrent)) return kept;
    throw problem('webhook-repeated', { members: { environmentId } });
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
