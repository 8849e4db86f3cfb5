import { JsonReader } from '../../engine/model/json-reader.js';
import { dateTime } from '../../format/time.js';

/** A fact about a container, with one or more values. All are the engine's texts. */
export interface ContainerFact {
  readonly name: string;
  readonly values: readonly string[];
}

/** The facts in `GET /containers/:id/json`, the most wanted first. */
export function containerFacts(inspected: unknown): readonly ContainerFact[] {
  const container = new JsonReader(inspected);
  const config = container.get('Config');
  const state = container.get('State');
  const host = container.get('HostConfig');
  return [
    fact('Image', [config.text('Image'), container.text('Image')]),
    fact('Command', [[container.text('Path'), ...container.texts('Args')].map(quote).join(' ')]),
    fact('State', [stateOf(state)]),
    fact('Started', [timeOf(state.text('StartedAt'))]),
    fact('Ended', [state.is('Running') ? '' : timeOf(state.text('FinishedAt'))]),
    fact('Health', [state.get('Health').text('Status'), ...lastCheck(state)]),
    fact('Restarts', [`${container.text('RestartCount') || '0'}, policy: ${policyOf(host)}`]),
    fact('Mounts', container.get('Mounts').items().map(mountOf)),
    fact('Networks', container.get('NetworkSettings').get('Networks').entries().map(networkOf)),
    fact('Ports', container.get('NetworkSettings').get('Ports').entries().flatMap(portsOf)),
    fact('User', [config.text('User')]),
    fact('Working directory', [config.text('WorkingDir')]),
    fact('Created', [timeOf(container.text('Created'))]),
    fact('Id', [container.text('Id')]),
    fact(
      'Labels',
      config
        .get('Labels')
        .entries()
        .map(([name, value]) => `${name}=${value.asText()}`),
    ),
    fact('Environment variables', config.texts('Env')),
  ].filter(({ values }) => values.length > 0);
}

function fact(name: string, values: readonly string[]): ContainerFact {
  return { name, values: values.filter((value) => value !== '') };
}

/** Quoted for a shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) || word === '' ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function stateOf(state: JsonReader): string {
  const status = state.text('Status');
  const why = [state.is('OOMKilled') ? 'out of memory' : '', state.text('Error')].filter(Boolean).join(', ');
  const isOver = status === 'exited' || status === 'dead';
  return `${status}${isOver ? `, exit code ${state.text('ExitCode')}` : ''}${why ? `: ${why}` : ''}`;
}

function timeOf(text: string): string {
  const ms = Date.parse(text);
  return ms > 0 ? dateTime(ms) : '';
}

function lastCheck(state: JsonReader): string[] {
  const last = state.get('Health').get('Log').items().at(-1);
  return last ? [`exit code ${last.text('ExitCode')}: ${last.text('Output').trim()}`] : [];
}

function policyOf(host: JsonReader): string {
  const policy = host.get('RestartPolicy');
  const count = policy.text('MaximumRetryCount');
  return `${policy.text('Name') || 'no'}${count === '' || count === '0' ? '' : `, at most ${count} times`}`;
}

function mountOf(mount: JsonReader): string {
  const source = mount.text('Name') || mount.text('Source');
  return `${mount.text('Type')} ${source} → ${mount.text('Destination')}${mount.is('RW') ? '' : ' (read-only)'}`;
}

function networkOf([name, network]: [string, JsonReader]): string {
  const addresses = [network.text('IPAddress'), network.text('GlobalIPv6Address')].filter(Boolean).join(', ');
  const aliases = network.texts('Aliases').join(', ');
  return `${name}: ${addresses || 'no address'}${aliases ? ` (${aliases})` : ''}`;
}

function portsOf([port, bindings]: [string, JsonReader]): string[] {
  const published = bindings
    .items()
    .map((binding) => `${binding.text('HostIp')}:${binding.text('HostPort')} → ${port}`);
  return published.length > 0 ? published : [`${port}, not published`];
}
