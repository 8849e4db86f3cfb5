import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { EnvironmentView } from '../../../../../plugin/api.js';
import { type Environment, servesSwarm } from '../../../../../plugin/server-hooks/model/environment.js';
import type { EnrolRequest } from '../../../../../protocol/messages/agent-calls.js';
import { makeInstance, type TestInstance } from '../../../../kit/agent/instance.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { member } from '../../../../kit/lease-simulation/samples.js';

type Node = EnrolRequest['node'];
/** What an operator does to an engine. */
type Move = 'init' | 'join' | 'leave' | 'demote' | 'promote' | 'restart' | 'lock';

const MOVES: readonly Move[] = ['init', 'join', 'leave', 'demote', 'promote', 'restart', 'lock'];

/** An engine's place as its agent reports it, after each move. Node and Swarm ids are never used twice. */
class Engine {
  readonly #name: string;
  /** Nodes that were managers. */
  readonly #managers = new Set<string>();
  #count = 0;
  node: Node = null;
  isLocked = false;

  constructor(name: string) {
    this.#name = name;
  }

  move(move: Move): void {
    const nodeId = `${this.#name}-node-${this.#count}`;
    const at = { nodeId, name: this.#name };
    this.isLocked = move === 'lock' && this.node !== null;
    if (move === 'init')
      this.node = { ...at, swarmId: `${this.#name}-swarm-${this.#count}`, role: 'manager' };
    if (move === 'join') this.node = { ...at, swarmId: '', role: 'worker' };
    if (move === 'leave') this.node = null;
    if (move === 'demote' && this.node) this.node = { ...this.node, role: 'worker' };
    // A worker does not know its Swarm's id, a manager does.
    if (move === 'promote' && this.node)
      this.node = { ...this.node, role: 'manager', swarmId: this.node.swarmId || `of-${this.node.nodeId}` };
    if (this.node?.role === 'manager') this.#managers.add(this.node.nodeId);
    this.#count++;
  }

  /**
   * Whether Swarm calls may go to it while it is the environment's first engine. A worker's engine refuses them itself;
   * what is asked of a demoted manager is for the managers that its Swarm still has.
   */
  get serves(): boolean {
    if (this.node === null || this.node.role === 'manager') return true;
    return this.#managers.size > 0 && !this.#managers.has(this.node.nodeId);
  }

  get facts(): Partial<EnrolRequest> {
    return this.isLocked ? { node: null, isPlaceKnown: false } : { node: this.node };
  }
}

async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  const hub = await startPlugin(t, { clock });
  const environmentNamed = async (name: string) => {
    const { id, edgeId, edgeKey } = await hub.createEnvironment({ name });
    const agent = (engineId: string) => makeInstance(t, { edgeId: edgeId ?? '', edgeKey, clock, engineId });
    const stored = async (): Promise<Environment> => {
      const file = JSON.parse(await readFile(join(hub.dataDir, 'fairlead.json'), 'utf8'));
      return file.environments.find((one: Environment) => one.id === id);
    };
    const serves = async ({ instance }: TestInstance) => servesSwarm(await stored(), instance.instanceId);
    const report = (from: TestInstance, swarmId: string, managers: string[]) =>
      from.client.postSwarm({ swarmId, nodes: managers.map((one) => member(one, 'manager', 'active')) });
    return { id, agent, stored, serves, report };
  };
  return { hub, clock, environmentNamed };
}

const manager = (nodeId: string, swarmId: string): Node => ({
  swarmId,
  nodeId,
  name: nodeId,
  role: 'manager',
});
const worker = (nodeId: string): Node => ({ swarmId: '', nodeId, name: nodeId, role: 'worker' });

test('swarm places: a standalone engine is followed through any changes', async (t) => {
  const { environmentNamed } = await setup(t);
  let count = 0;
  const moves = fc.array(fc.constantFrom(...MOVES), { minLength: 1, maxLength: 8 });
  const property = fc.asyncProperty(moves, async (steps) => {
    const { agent, stored, serves } = await environmentNamed(`alone-${count++}`);
    const instance = await agent('engine');
    const engine = new Engine('a');
    await instance.enrol(engine.facts);
    for (const step of steps) {
      engine.move(step);
      await instance.enrol(engine.facts);
      await instance.checkIn();
      const { swarm } = await stored();
      const isManager = engine.node?.role === 'manager';
      if ((await serves(instance)) !== engine.serves) throw new Error(`Swarm calls after ${step}`);
      if (isManager && swarm?.id !== engine.node?.swarmId) throw new Error(`another Swarm after ${step}`);
      if (engine.node === null && swarm !== null) throw new Error(`still a Swarm after ${step}`);
    }
  });
  await fc.assert(property, { numRuns: 60 });
  t.pass();
});

test('swarm places: whatever another agent claims, the first manager alone decides, and both stay enrolled', async (t) => {
  const { environmentNamed } = await setup(t);
  let count = 0;
  const step = fc.record({ who: fc.constantFrom('first', 'neighbour'), move: fc.constantFrom(...MOVES) });
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
    const { agent, stored, serves } = await environmentNamed(`two-${count++}`);
    const engines = { first: new Engine('f'), neighbour: new Engine('n') };
    const instances = { first: await agent('engine-f'), neighbour: await agent('engine-n') };
    engines.first.move('init');
    engines.neighbour.move('join');
    await instances.first.enrol(engines.first.facts);
    await instances.neighbour.enrol(engines.neighbour.facts);
    for (const { who, move } of steps) {
      const before = (await stored()).swarm;
      engines[who as keyof typeof engines].move(move);
      await instances[who as keyof typeof instances].enrol(engines[who as keyof typeof engines].facts);
      await instances[who as keyof typeof instances].checkIn();
      if (who === 'neighbour' && JSON.stringify((await stored()).swarm) !== JSON.stringify(before))
        throw new Error(`the neighbour changed the Swarm by ${move}`);
      if (await serves(instances.neighbour))
        throw new Error(`Swarm calls for the neighbour after ${who} ${move}`);
      if ((await serves(instances.first)) !== engines.first.serves)
        throw new Error(`Swarm calls of the first after ${who} ${move}`);
    }
  });
  await fc.assert(property, { numRuns: 60 });
  t.pass();
});

test('swarm places: when one of two managers leaves, the other serves the Swarm and the first keeps its containers', async (t) => {
  const { hub, environmentNamed } = await setup(t);
  const { id, agent, stored, serves, report } = await environmentNamed('managers');
  const [first, second] = [await agent('engine-1'), await agent('engine-2')];
  await first.enrol({ node: manager('n1', 's1') });
  await second.enrol({ node: manager('n2', 's1') });
  await report(first, 's1', ['n1', 'n2']);

  await first.enrol({ node: null });
  t.is((await stored()).swarm?.id, 's1');
  t.deepEqual([await serves(first), await serves(second)], [false, true]);
  await first.checkIn();
  await second.checkIn();
  const view = (await hub.call<EnvironmentView>('GET', `/api/environments/${id}`)).body;
  t.is(view.problem?.code, 'swarm-mismatch');
  t.is(
    (await hub.call('POST', `/api/environments/${id}/nodes/n1/keep-alive`)).status,
    200,
    'its node has an address',
  );
  const third = await agent('engine-3');
  await t.notThrowsAsync(third.enrol({ node: worker('w3') }), 'it keeps no new node out');

  await second.enrol({ node: manager('n9', 's2') });
  t.is((await stored()).swarm?.id, 's2', 'the last one is followed');
  t.deepEqual([await serves(first), await serves(second)], [false, true]);
  await first.enrol({ node: manager('n4', 's2') });
  t.false(await serves(first), 'no manager of the new Swarm has confirmed it');
  await report(second, 's2', ['n4', 'n9']);
  t.true(await serves(first));
});

test('swarm places: an agent whose data folder was lost is accepted from its engine’s new node', async (t) => {
  const { clock, environmentNamed } = await setup(t);
  const { agent, serves } = await environmentNamed('lost');
  const lost = await agent('engine-1');
  await lost.enrol({ node: manager('n1', 's1') });
  const stranger = await agent('engine-2');
  clock.advance(3_600_000);
  t.like(await t.throwsAsync(stranger.enrol({ node: null })), { code: 'swarm-mismatch' });
  const again = await agent('engine-1');
  await again.enrol({ node: null });
  t.true(await serves(again), 'the only agent of an environment is followed');
});
