import test from 'ava';
import { isChanging, servicesOfList } from '../../../../../plugin/ui-panel/engine/model/service.js';
import { serviceTone, updateTone } from '../../../../../plugin/ui-panel/resources/tones.js';

const service = (more: object = {}, spec: object = {}) => ({
  ID: 's1',
  Spec: {
    Name: 'web',
    Mode: { Replicated: { Replicas: 3 } },
    TaskTemplate: { ContainerSpec: { Image: 'web:1@sha256:abc' } },
    ...spec,
  },
  ServiceStatus: { RunningTasks: 2, DesiredTasks: 3 },
  ...more,
});
const rowOf = (more?: object, spec?: object) => {
  const [row] = servicesOfList([service(more, spec)]);
  if (!row) throw new Error('no row');
  return row;
};

test('services: image without digest, replicas, ports and update', (t) => {
  const Ports = [
    { Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' },
    { Protocol: 'udp', TargetPort: 53, PublishedPort: 53, PublishMode: 'host' },
    { TargetPort: 9 },
  ];
  const UpdateStatus = { State: 'paused', Message: 'update paused' };
  t.deepEqual(rowOf({ Endpoint: { Ports }, UpdateStatus, PreviousSpec: {} }), {
    id: 's1',
    name: 'web',
    image: 'web:1',
    mode: 'replicated',
    replicas: 3,
    running: 2,
    desired: 3,
    ports: ['8080 → 80/tcp', '53 → 53/udp on its host', '9/tcp'],
    update: 'paused',
    updateMessage: 'update paused',
    canRollBack: true,
  });
});

test('services: only replicated ones can be scaled', (t) => {
  const modes = [{ Global: {} }, { ReplicatedJob: { TotalCompletions: 3 } }, { GlobalJob: {} }];
  t.deepEqual(
    modes.map((Mode) => rowOf({}, { Mode })).map(({ mode, replicas }) => [mode, replicas]),
    [
      ['global', null],
      ['replicated-job', null],
      ['global-job', null],
    ],
  );
});

test('services: an incomplete one is changing, and its tone shows it', (t) => {
  const counts = (RunningTasks: number, DesiredTasks: number) =>
    rowOf({ ServiceStatus: { RunningTasks, DesiredTasks } });
  t.deepEqual(
    [counts(3, 3), counts(2, 3), counts(0, 3), counts(4, 3), counts(0, 0)].map((row) => [
      serviceTone(row),
      isChanging(row),
    ]),
    [
      ['good', false],
      ['busy', true],
      ['bad', true],
      ['busy', true],
      ['quiet', false],
    ],
  );
  const updated = (State: string) =>
    rowOf({ ServiceStatus: { RunningTasks: 1, DesiredTasks: 1 }, UpdateStatus: { State } });
  t.deepEqual(
    ['updating', 'rollback_started', 'rollback_paused', 'completed', 'rollback_completed']
      .map(updated)
      .map((row) => [updateTone(row), isChanging(row)]),
    [
      ['busy', true],
      ['busy', true],
      ['bad', false],
      ['good', false],
      ['quiet', false],
    ],
  );
});
