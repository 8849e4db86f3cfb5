// Stand-ins for engines, one socket each: they answer an agent's requests, always the same.
import http from 'node:http';
import type { EngineRole } from '../wire/lab.js';

const input: { sockets: Record<string, { path: string; role: EngineRole }> } = JSON.parse(
  process.argv[2] ?? '{}',
);

const SWARM_ID = 'fairlead0bench0swarm00001';
const hex = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('hex');
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));
const nodeId = (name: string) => name.replace('-', '0').padEnd(25, '0');

const members = Object.entries(input.sockets).filter(([, { role }]) => role !== 'standalone');
const managers = members.filter(([, { role }]) => role === 'manager');

const nodes = members.map(([name, { role }], index) => ({
  ID: nodeId(name),
  Spec: { Role: role, Availability: 'active' },
  Description: {
    Hostname: name,
    Engine: { EngineVersion: '27.0.0' },
    Resources: { NanoCPUs: 4e9, MemoryBytes: 8e9 },
  },
  Status: { State: 'ready' },
  ...(role === 'manager' ? { ManagerStatus: { Leader: index === 0, Reachability: 'reachable' } } : {}),
}));

/** The same on each engine. */
const LISTS: Readonly<Record<string, unknown>> = {
  '/version': { Version: '27.0.0', ApiVersion: '1.46' },
  '/nodes': nodes,
  '/services': [],
  '/tasks': [],
  '/containers/json': times(10, (index) => ({
    Id: hex(`container ${index}`),
    Names: [`/shop_web.${index}`],
    Image: 'registry.example/shop/web:1.27',
    State: 'running',
    Status: 'Up 3 weeks',
    Created: 1_750_000_000,
    Labels: { 'com.docker.swarm.service.name': 'shop_web', 'com.docker.stack.namespace': 'shop' },
  })),
  '/images/json': times(10, (index) => ({
    Id: `sha256:${hex(`image ${index}`)}`,
    RepoTags: [`registry.example/shop/web:1.${index}`],
    Size: 187_000_000,
    Created: 1_750_000_000,
  })),
  '/volumes': { Volumes: times(4, (index) => ({ Name: `shop_data_${index}`, Driver: 'local', Labels: {} })) },
  '/networks': times(4, (index) => ({
    Id: hex(`network ${index}`),
    Name: `shop_net_${index}`,
    Driver: 'overlay',
    Scope: 'swarm',
  })),
};

for (const [name, { path, role }] of Object.entries(input.sockets)) {
  const info = {
    ID: `engine-${name}`,
    Name: name,
    ServerVersion: '27.0.0',
    OperatingSystem: 'Debian GNU/Linux 13 (trixie)',
    Architecture: 'x86_64',
    KernelVersion: '6.12.0',
    NCPU: 4,
    MemTotal: 8e9,
    Containers: 10,
    ContainersRunning: 10,
    ContainersPaused: 0,
    ContainersStopped: 0,
    Images: 10,
    Swarm: swarmOf(name, role),
  };
  const server = http.createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://engine');
    const answer = pathname === '/info' ? info : LISTS[pathname];
    if (pathname === '/_ping') res.end('OK');
    else if (answer === undefined) res.writeHead(404).end('{"message":"page not found"}');
    else res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
}
process.send?.({});

function swarmOf(name: string, role: EngineRole) {
  if (role === 'standalone') return { LocalNodeState: 'inactive', NodeID: '' };
  const here = { LocalNodeState: 'active', NodeID: nodeId(name), ControlAvailable: role === 'manager' };
  if (role === 'worker') return here;
  return { ...here, Cluster: { ID: SWARM_ID }, Managers: managers.length, Nodes: members.length };
}
