import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Identity and secret of an agent of {@link writeEnvironments}. */
export interface BenchAgent {
  readonly environmentId: number;
  readonly instanceId: string;
  readonly secret: Buffer;
}

/** The agent of an environment; the same in every process. */
export function agentOf(environmentId: number): BenchAgent {
  return {
    environmentId,
    instanceId: `00000000-0000-4000-8000-${String(environmentId).padStart(12, '0')}`,
    secret: createHash('sha256').update(`secret ${environmentId}`).digest(),
  };
}

/** Fills a hub's data folder with environments 1 to `count`, each with an agent that has enrolled. */
export async function writeEnvironments(
  dataDir: string,
  count: number,
  checkInSeconds = 3_600,
): Promise<void> {
  const kinds = ['depot', 'Store', 'büro', 'site-', 'Lager '];
  const environments = Array.from({ length: count }, (_, index) => {
    const id = index + 1;
    const { instanceId, secret } = agentOf(id);
    return {
      id,
      name: `${kinds[id % kinds.length]} ${(id * 7_919) % count}`,
      edgeId: instanceId.replace(/^0/, '1'),
      barredEdgeIds: [],
      tags: [`region-${id % 7}`, `customer-${id % 200}`],
      apiUrl: 'https://hub.example:9443/edge',
      tunnelAddress: 'hub.example:8000',
      checkInSeconds,
      generation: 1,
      keys: [{ generation: 1, secretHash: secret.toString('base64url'), expiresAt: null }],
      instances: [
        {
          id: instanceId,
          publicKey: secret.toString('base64url'),
          secret: secret.toString('base64url'),
          keyGeneration: 1,
          engineId: `engine-${id}`,
          node: null,
          agentVersion: '0.1.0',
          platform: 'linux/amd64',
          enrolledAt: '2026-01-01T00:00:00.000Z',
        },
      ],
      createdAt: new Date(Date.UTC(2026, 0, 1) + id * 1_000).toISOString(),
      associatedAt: '2026-01-01T00:00:00.000Z',
    };
  });
  await mkdir(dataDir, { recursive: true });
  const file = { schemaVersion: 1, nextEnvironmentId: count + 1, settings: {}, environments };
  await writeFile(join(dataDir, 'fairlead.json'), JSON.stringify(file));
}
