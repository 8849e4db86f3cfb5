import { html, type TemplateResult } from 'lit';
import type { ServiceRun, SwarmNode } from '../../engine/model/node.js';
import { bytes } from '../../format/bytes.js';
import { nextStep } from '../../format/problem.js';
import { statusBadge } from '../../format/status-badge.js';
import { ago } from '../../format/time.js';

const STATES = { ready: 'good', down: 'bad', disconnected: 'bad', unknown: 'busy' } as const;
const AVAILABILITIES = {
  active: ['good', 'active'],
  pause: ['quiet', 'paused'],
  drain: ['quiet', 'drained'],
} as const;
const TUNNELS = { idle: 'idle', required: 'opening', active: 'open' } as const;
/**
 * A node's role, state, engine, tasks and agent.
 * @param nowMs by the hub's clock
 */
export function swarmNodeView(node: SwarmNode, nowMs: number): TemplateResult {
  const { role, isLeader, agent, availability, state, reachability, confirmed } = node;
  const [tone, label] = availability ? AVAILABILITIES[availability] : (['quiet', 'unknown'] as const);
  return html`
    <p class="roles">
      <span class="role">${role}</span>
      ${isLeader ? html`<span class="role">Swarm leader</span>` : ''}
      ${agent?.isLeader ? html`<span class="role">holds the tunnel</span>` : ''}
    </p>
    <p class="badges">
      ${statusBadge(STATES[state ?? 'unknown'], state ?? 'unknown', 'Node')}
      ${statusBadge(tone, label, 'Tasks')}
      ${agentBadge(node)}
    </p>
    ${confirmed ? '' : html`<p class="notice">No manager that the hub trusts confirms this node: the data is from its own agent.</p>`}
    <dl>
      ${node.message ? fact('Message', node.message) : ''}
      ${reachability ? fact('Manager status', reachability) : ''}
      ${fact('Engine', engineOf(node))}
      ${node.address ? fact('Address', node.address) : ''}
      ${node.runs ? fact('Runs', runsOf(node.runs)) : ''}
      ${node.containers === null ? '' : fact('Containers', String(node.containers))}
      ${agent ? fact('Agent', `${agent.version} on ${agent.platform}, checked in ${ago(agent.lastCheckInAt, nowMs)}`) : ''}
      ${agent ? fact('Own tunnel', TUNNELS[agent.tunnel]) : ''}
    </dl>
    ${problemOf(node)}
  `;
}

function agentBadge({ agent }: SwarmNode): TemplateResult {
  if (!agent) return statusBadge('bad', 'none', 'Agent');
  if (!agent.online) return statusBadge('bad', 'offline', 'Agent');
  return agent.engine === 'down'
    ? statusBadge('bad', 'online, engine down', 'Agent')
    : statusBadge('good', 'online', 'Agent');
}

function engineOf({ engineVersion, cpus, memoryBytes }: SwarmNode): string {
  const parts = [
    engineVersion ?? 'version unknown',
    cpus === null ? '' : `${cpus} CPU${cpus === 1 ? '' : 's'}`,
    memoryBytes === null ? '' : bytes(memoryBytes),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function runsOf(runs: readonly ServiceRun[]): string {
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  if (count === 0) return 'no tasks';
  const services = runs.map(({ service, count }) => (count === 1 ? service : `${service} × ${count}`));
  return `${count} task${count === 1 ? '' : 's'}: ${services.join(', ')}`;
}

function problemOf({ agent, availability }: SwarmNode): TemplateResult | string {
  const code = agent ? (agent.problem ?? (agent.online ? null : 'node-offline')) : 'node-without-agent';
  if (code === null) return '';
  if (code === 'node-offline' && availability === 'drain')
    return html`<p class="notice">Its agent ended when the node was drained. <strong>Next:</strong> activate the node.</p>`;
  const next = nextStep(code) ?? `See ${code} in docs/errors.md.`;
  return html`<p class="notice bad">${code}<br><strong>Next:</strong> ${next}</p>`;
}

function fact(name: string, value: string): TemplateResult {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}
