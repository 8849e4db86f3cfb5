import type { ExecutionContext } from 'ava';
import { makeInstance, type TestInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

export const early = { code: 'duplicate' };
export const cloned = { code: 'machine-cloned' };

/** A machine as its agent reports it: a boot, and the mark on its disk. */
export class Machine {
  readonly #name: string;
  readonly #agent: TestInstance;
  #boots = 0;
  mark: string | undefined;

  constructor(name: string, agent: TestInstance, mark?: string) {
    this.#name = name;
    this.#agent = agent;
    this.mark = mark;
  }

  get boot(): string {
    return `${this.#name}-${this.#boots}`.padEnd(16, '0');
  }

  reboot(): void {
    this.#boots++;
  }

  async enrol(): Promise<void> {
    const { mark, boot } = this;
    this.mark = (await this.#agent.enrol({ boot, ...(mark && { mark }) })).mark ?? mark;
  }

  async checkIn(): Promise<void> {
    await this.#agent.checkIn();
  }
}

export async function setup(t: ExecutionContext, settings: { checkInSeconds?: number } = {}) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'one', ...settings });
  const agent = { edgeId: edgeId ?? '', edgeKey, clock, engineId: 'engine-1' };
  const instance = await makeInstance(t, agent);
  /** A process with the same DATA_DIR, on the same machine or on a clone. */
  const again = (key = edgeKey, engineId = 'engine-1') =>
    makeInstance(t, { ...agent, edgeKey: key, engineId, instance: instance.instance });
  const first = new Machine('first', instance);
  await first.enrol();
  /** A machine made from the first one's disk as it is now. */
  const clone = async (name = 'clone', engineId?: string) =>
    new Machine(name, await again(edgeKey, engineId), first.mark);
  const accept = () => hub.call('POST', `/api/environments/${id}/accept-clone`);
  const openTunnel = async (agent: TestInstance) => {
    await hub.call('POST', `/api/environments/${id}/tunnel`);
    return agent.open(await agent.prove(await agent.credential()));
  };
  return { clock, hub, id, agent, instance, first, again, clone, accept, openTunnel };
}

/** The other machine is met, and refused; the first one has noticed. */
export async function meet(
  t: ExecutionContext,
  clock: FakeClock,
  first: Machine,
  other: Machine,
): Promise<void> {
  await t.throwsAsync(other.enrol(), early);
  clock.advance(5_000);
  await first.checkIn();
  t.like(await t.throwsAsync(other.enrol()), { ...cloned, retryAfterSeconds: 20 });
  await t.throwsAsync(first.checkIn(), { code: 'agent-unauthorized' });
  await first.enrol();
}
