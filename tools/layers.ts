const HOOKS = 'plugin/server-hooks';
const AGENT = 'agent-image/src';
/** Imports allowed everywhere in the hub: pure rules, the caller's side, files on disk, bodies, the wire. */
const HUB_GROUND = [
  `${HOOKS}/model/`,
  `${HOOKS}/disk/`,
  `${HOOKS}/json/`,
  `${HOOKS}/host.ts`,
  `${HOOKS}/options.ts`,
  'plugin/api.ts',
  'plugin/api/',
  'protocol/',
];
/** Imports allowed in every folder of the agent. */
const AGENT_GROUND = [`${AGENT}/config/`, `${AGENT}/log.ts`, 'protocol/'];
const AGENT_ROOMS = [
  ...['hub', 'tunnel', 'docker', 'health', 'machine'].map((room) => `${AGENT}/${room}/`),
  ...AGENT_GROUND,
];
const PANEL = 'plugin/ui-panel';
const PANEL_GROUND = ['plugin/api.ts', 'protocol/'];
const PANEL_BELOW_ELEMENTS = [
  `${PANEL}/engine/`,
  `${PANEL}/api/`,
  `${PANEL}/format/`,
  `${PANEL}/styles/`,
  ...PANEL_GROUND,
];
/** Rooms below `live/`. */
const BELOW_LIVE = [
  `${HOOKS}/tunnel/`,
  `${HOOKS}/swarm/`,
  `${HOOKS}/snapshots/`,
  `${HOOKS}/store/`,
  ...HUB_GROUND,
];
const PLUGIN_ENTRY = [
  `${HOOKS}/index.ts`,
  `${HOOKS}/host.ts`,
  `${HOOKS}/options.ts`,
  'plugin/manifest.schema.json',
  'manifest.json',
];

/** The folders with our TypeScript files. */
export const FOLDERS = [
  'protocol',
  'plugin',
  'agent-image/src',
  'host',
  'cli',
  'tools',
  'bench',
  'test',
] as const;

/**
 * Allowed imports. A key or value ending in `/` is a whole folder, one ending in `/*` the files directly in it;
 * the first key that matches a file is its layer. Each layer may import itself and its value.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'protocol/': [],

  [`${HOOKS}/model/`]: ['plugin/api.ts', 'protocol/'],
  [`${HOOKS}/disk/`]: ['protocol/', `${HOOKS}/host.ts`],
  [`${HOOKS}/json/`]: ['protocol/', `${HOOKS}/host.ts`],
  [`${HOOKS}/host.ts`]: ['protocol/'],
  [`${HOOKS}/options.ts`]: ['protocol/', `${HOOKS}/model/`, `${HOOKS}/host.ts`, 'manifest.json'],
  [`${HOOKS}/store/`]: HUB_GROUND,
  [`${HOOKS}/tunnel/`]: HUB_GROUND,
  [`${HOOKS}/swarm/`]: [`${HOOKS}/store/`, `${HOOKS}/tunnel/`, ...HUB_GROUND],
  [`${HOOKS}/snapshots/`]: [`${HOOKS}/store/`, ...HUB_GROUND],
  [`${HOOKS}/live/`]: BELOW_LIVE,
  [`${HOOKS}/agents/`]: [`${HOOKS}/live/`, ...BELOW_LIVE],
  [`${HOOKS}/environments/`]: [`${HOOKS}/live/`, ...BELOW_LIVE],
  [`${HOOKS}/views/`]: [`${HOOKS}/live/`, ...BELOW_LIVE],
  [`${HOOKS}/events/`]: [`${HOOKS}/views/`, `${HOOKS}/live/`, ...BELOW_LIVE],
  [`${HOOKS}/docker/`]: BELOW_LIVE,
  [`${HOOKS}/docker-access/`]: [`${HOOKS}/store/`, ...HUB_GROUND],
  [`${HOOKS}/reachability/`]: HUB_GROUND,
  [`${HOOKS}/metrics/`]: [
    `${HOOKS}/views/`,
    `${HOOKS}/live/`,
    `${HOOKS}/lifecycle.ts`,
    ...BELOW_LIVE,
    'manifest.json',
  ],
  [`${HOOKS}/webhooks/`]: [`${HOOKS}/environments/`, `${HOOKS}/live/`, ...BELOW_LIVE],
  [`${HOOKS}/http/`]: [`${HOOKS}/docker/`, `${HOOKS}/store/`, ...HUB_GROUND, 'manifest.json'],
  [`${HOOKS}/routes/`]: [`${HOOKS}/`, 'plugin/api.ts', 'plugin/api/', 'protocol/', 'manifest.json'],
  [`${HOOKS}/lifecycle.ts`]: [`${HOOKS}/disk/`, 'protocol/'],
  [`${HOOKS}/assembly/`]: [`${HOOKS}/`, 'protocol/', 'manifest.json'],
  [`${HOOKS}/plugin.ts`]: [
    `${HOOKS}/docker/`,
    `${HOOKS}/http/`,
    `${HOOKS}/lifecycle.ts`,
    `${HOOKS}/disk/`,
    `${HOOKS}/host.ts`,
    `${HOOKS}/routes/`,
    'protocol/',
  ],
  [`${HOOKS}/json-worker-entry.ts`]: [`${HOOKS}/`],
  [`${HOOKS}/spawn-json-worker.ts`]: [],
  [`${HOOKS}/index.ts`]: [`${HOOKS}/`, 'plugin/api.ts', 'protocol/', 'manifest.json'],
  'plugin/api.ts': ['plugin/api/', 'protocol/'],
  'plugin/api/': ['protocol/'],

  [`${PANEL}/format/`]: PANEL_GROUND,
  [`${PANEL}/styles/`]: [],
  [`${PANEL}/route.ts`]: [],
  [`${PANEL}/api/`]: [`${PANEL}/format/`, ...PANEL_GROUND],
  [`${PANEL}/engine/model/`]: [`${PANEL}/format/`, ...PANEL_GROUND],
  [`${PANEL}/engine/`]: [`${PANEL}/api/`, `${PANEL}/format/`, ...PANEL_GROUND],
  [`${PANEL}/elements/`]: PANEL_BELOW_ELEMENTS,
  [`${PANEL}/tools/`]: [`${PANEL}/elements/`, ...PANEL_BELOW_ELEMENTS],
  [`${PANEL}/resources/`]: [
    `${PANEL}/tools/`,
    `${PANEL}/elements/`,
    `${PANEL}/route.ts`,
    ...PANEL_BELOW_ELEMENTS,
  ],
  [`${PANEL}/views/`]: [
    `${PANEL}/resources/`,
    `${PANEL}/elements/`,
    `${PANEL}/route.ts`,
    ...PANEL_BELOW_ELEMENTS,
  ],
  [`${PANEL}/*`]: [`${PANEL}/`, ...PANEL_GROUND],

  [`${AGENT}/log.ts`]: [`${AGENT}/config/`, 'protocol/'],
  [`${AGENT}/config/`]: ['protocol/'],
  [`${AGENT}/machine/`]: AGENT_GROUND,
  [`${AGENT}/health/`]: [`${AGENT}/machine/`, ...AGENT_GROUND],
  [`${AGENT}/docker/`]: AGENT_GROUND,
  [`${AGENT}/tunnel/`]: AGENT_GROUND,
  [`${AGENT}/hub/`]: [`${AGENT}/machine/`, ...AGENT_GROUND],
  [`${AGENT}/doctor/`]: AGENT_ROOMS,
  [`${AGENT}/running-agent.ts`]: [`${AGENT}/doctor/`, ...AGENT_ROOMS],
  [`${AGENT}/agent.ts`]: [`${AGENT}/running-agent.ts`, ...AGENT_ROOMS],
  [`${AGENT}/main.ts`]: [`${AGENT}/`, 'protocol/'],

  'host/': [
    ...PLUGIN_ENTRY,
    'protocol/certificates/',
    'protocol/disk/',
    'protocol/log/pretty-line.ts',
    'protocol/network/listen-backlog.ts',
    'protocol/network/network-of.ts',
    'protocol/network/pace-handshakes.ts',
    'protocol/network/release-on-close.ts',
    'protocol/network/request-host.ts',
    'protocol/network/tcp-keep-alive.ts',
    'protocol/problems.ts',
    'protocol/time/clock.ts',
  ],
  // Types of the API, and code without state: never the hub's.
  'cli/': [
    'plugin/api.ts',
    'protocol/network/dial-tcp.ts',
    'protocol/network/tcp-keep-alive.ts',
    'protocol/network/url-address.ts',
    'protocol/problems.ts',
    'protocol/problems/problem.ts',
    'protocol/time/backoff.ts',
    'protocol/time/clock.ts',
    'protocol/tunnel/join-streams.ts',
  ],
  'tools/': ['plugin/api.ts', 'protocol/'],
  'bench/': [
    'tools/',
    'protocol/',
    'plugin/api.ts',
    'agent-image/src/agent.ts',
    'agent-image/src/config/read-config.ts',
    'agent-image/src/log.ts',
    'agent-image/src/main.ts',
    'host/main.ts',
    ...PLUGIN_ENTRY,
  ],
  'test/': [''],
};

/** The layer of a file; `undefined` if it has none yet. */
export function layerOf(file: string): string | undefined {
  return Object.keys(LAYERS).find((pattern) => fits(file, pattern));
}

/** Whether the rules let a file import another one. Both are paths from the project's root. */
export function mayImport(from: string, to: string): boolean {
  const layer = layerOf(from);
  if (layer === undefined) return false;
  return [layer, ...(LAYERS[layer] ?? [])].some((pattern) => fits(to, pattern));
}

function fits(file: string, pattern: string): boolean {
  if (pattern.endsWith('/*')) return file.slice(0, file.lastIndexOf('/') + 1) === pattern.slice(0, -1);
  return pattern === '' || pattern.endsWith('/') ? file.startsWith(pattern) : file === pattern;
}
