import type { ResourceAction } from '../elements/resource.js';
import type { EngineClient } from '../engine/engine-client.js';
import type { ContainerRow } from './container-row.js';

const isRunning = ({ state }: ContainerRow) => state === 'running';
const isPaused = ({ state }: ContainerRow) => state === 'paused';
const isUp = ({ state }: ContainerRow) => ['running', 'paused', 'restarting'].includes(state);
/** Where an engine does not tell, both might be wanted. */
const mayBeUp = (row: ContainerRow) => isUp(row) || row.state === '';

/** What can be done to containers of a live engine. */
export function containerActions(engine: EngineClient): readonly ResourceAction<ContainerRow>[] {
  const call = (method: string, row: ContainerRow, rest: string) =>
    engine.of(row).call(method, `/containers/${encodeURIComponent(row.id)}${rest}`);
  const post = (action: string) => (row: ContainerRow) => call('POST', row, `/${action}`);
  return [
    { words: 'Start', isQuick: true, fits: (row) => !isUp(row), run: post('start') },
    { words: 'Stop', isQuick: true, fits: mayBeUp, run: post('stop') },
    { words: 'Restart', isQuick: true, fits: mayBeUp, run: post('restart') },
    { words: 'Kill', fits: mayBeUp, run: post('kill') },
    { words: 'Pause', fits: isRunning, run: post('pause') },
    { words: 'Unpause', fits: isPaused, run: post('unpause') },
    {
      words: 'Remove',
      fits: () => true,
      run: (row, options) =>
        call('DELETE', row, `?force=${options.has('force')}&v=${options.has('volumes')}`),
      asks: {
        warning: 'What they wrote outside of volumes is gone with them.',
        options: [
          { id: 'force', words: 'Those that run, too: they are killed first' },
          { id: 'volumes', words: 'Their anonymous volumes, too' },
        ],
      },
    },
  ];
}
