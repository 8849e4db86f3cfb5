import { randomUUID } from 'node:crypto';
import type { WebhookCreated, WebhookList } from '../../../../plugin/api.js';
import type { Hub } from '../../../kit/hub/hub.js';
import { type SentAnswer, sendWebhook } from '../../../kit/hub/webhook-sender.js';
import { expect, mustBeOneOf, type Writer } from './writer.js';

const PATH = '/edge/api/webhooks';

interface Sent {
  readonly messageId: string;
  readonly name: string;
  /** Null: not acknowledged. */
  readonly environmentId: number | null;
}

/** Sends messages to a webhook that make environments, each with its own id and external id. */
export class WebhookWriter implements Writer {
  readonly #name: string;
  /** Ids that anybody has seen, shared by all writers: none may be given twice. */
  readonly #ids: Set<number>;
  #hook: WebhookCreated | null = null;
  #sent: Sent[] = [];
  #count = 0;

  constructor(name: string, ids: Set<number>) {
    this.#name = name;
    this.#ids = ids;
  }

  async write(hub: Hub): Promise<void> {
    this.#hook ??= await expect<WebhookCreated>(hub, 201, 'POST', PATH, { name: this.#name });
    const [messageId, name] = [randomUUID(), `${this.#name} ${++this.#count}`];
    this.#sent.push({ messageId, name, environmentId: null });
    const { status, body } = await this.#send(hub, messageId, name);
    mustBeOneOf(`the answer to ${name}`, status, [201]);
    this.#mustBeNew(body.id);
    this.#sent.pop();
    this.#sent.push({ messageId, name, environmentId: body.id });
  }

  async verify(hub: Hub): Promise<void> {
    for (const sent of this.#sent.splice(0)) await this.#verifyOne(hub, sent);
    // The limit on messages in ten minutes is not tested here: each round has its own webhook.
    this.#hook = null;
    const { items } = await expect<WebhookList>(hub, 200, 'GET', PATH);
    for (const { id } of items.filter(({ name }) => name === this.#name)) {
      await expect(hub, 204, 'DELETE', `${PATH}/${id}`);
    }
  }

  /** Either both are there, the message's id and its environment, or neither. */
  async #verifyOne(hub: Hub, { messageId, name, environmentId }: Sent): Promise<void> {
    const again = await this.#send(hub, messageId, name);
    if (again.status === 409) mustBeOneOf(`the refusal of ${name}`, again.body.code, ['webhook-repeated']);
    else mustBeOneOf(`the answer to ${name}`, again.status, environmentId === null ? [201] : []);
    const found = await this.#send(hub, randomUUID(), name);
    mustBeOneOf(`what ${name} is found by`, found.status, [200]);
    const { id } = found.body;
    mustBeOneOf(`what ${name} made`, id, [environmentId ?? again.body.environmentId ?? again.body.id]);
    if (environmentId === null) this.#mustBeNew(id);
    await expect(hub, 204, 'DELETE', `/edge/api/environments/${id}`);
  }

  #send(hub: Hub, messageId: string, name: string): Promise<SentAnswer> {
    const { id = '', secret = '' } = this.#hook ?? {};
    const url = `${hub.origin}/edge/hooks/${id}`;
    return sendWebhook({ url, secret }, { name, externalId: name }, { id: messageId });
  }

  #mustBeNew(id: number): void {
    if (this.#ids.has(id)) throw new Error(`the id ${id} was given before`);
    this.#ids.add(id);
  }
}
