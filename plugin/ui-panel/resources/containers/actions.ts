import type { ResourceAction } from '../../elements/resource-list/resource.js';
import type { EngineClient } from '../../engine/client.js';
import type { Container } from '../../engine/model/container.js';

const isRunning = ({ state }: Container) => state === 'running';
const isPaused = ({ state }: Container) => state === 'paused';
const isUp = ({ state }: Container) => ['running', 'paused', 'restarting'].includes(state);
/** With an unknown state, offer both. */
const mayBeUp = (row: Container) => isUp(row) || row.state === '';

/** Actions on containers of a live engine. */
export function containerActions(engine: EngineClient): readonly ResourceAction<Container>[] {
  const call = (method: string, row: Container, rest: string) =>
    engine.of(row).call(method, `/containers/${encodeURIComponent(row.id)}${rest}`);
  const post = (action: string) => (row: Container) => call('POST', row, `/${action}`);
  return [
    { label: 'Start', isQuick: true, appliesTo: (row) => !isUp(row), run: post('start') },
    { label: 'Stop', isQuick: true, appliesTo: mayBeUp, run: post('stop') },
    { label: 'Restart', isQuick: true, appliesTo: mayBeUp, run: post('restart') },
    { label: 'Kill', appliesTo: mayBeUp, run: post('kill') },
    { label: 'Pause', appliesTo: isRunning, run: post('pause') },
    { label: 'Unpause', appliesTo: isPaused, run: post('unpause') },
    {
      label: 'Remove',
      appliesTo: () => true,
      run: (row, options) =>
        call('DELETE', row, `?force=${options.has('force')}&v=${options.has('volumes')}`),
      confirm: {
        warning: 'Data outside of volumes is lost.',
        options: [
          { id: 'force', label: 'Force: kill running containers first' },
          { id: 'volumes', label: 'Remove anonymous volumes' },
        ],
      },
    },
  ];
}
