import type { Clock } from '../../protocol/clock.js';
import type { Tickets } from './console/tickets.js';
import type { DockerProxy } from './docker/docker-proxy.js';
import type { AllNodeLists } from './docker/lists/all-node-lists.js';
import type { CheckIns } from './environments/check-in.js';
import type { Enrolment } from './environments/enrol.js';
import type { EnvironmentAdmin } from './environments/environment-admin.js';
import type { EnvironmentDirectory } from './environments/environment-directory.js';
import type { IdleClose } from './environments/idle-close.js';
import type { Presence } from './environments/presence.js';
import type { SnapshotDesk } from './environments/snapshot-desk.js';
import type { SnapshotFiles } from './environments/snapshot-files.js';
import type { Strangers } from './environments/strangers.js';
import type { Waiting } from './environments/waiting.js';
import type { EventStreams } from './events/event-streams.js';
import type { Host, Logger } from './host.js';
import type { ResolvedOptions } from './options.js';
import type { SelfTest } from './self-test/self-test.js';
import type { Store } from './store/store.js';
import type { SwarmRoster } from './swarm/swarm-roster.js';
import type { CredentialDesk } from './tunnel/credential-desk.js';
import type { TunnelRegistry } from './tunnel/tunnel-registry.js';
import type { TunnelSource } from './tunnel/tunnel-source.js';
import type { CallLog } from './webhooks/call-log.js';
import type { WebhookAdmin } from './webhooks/webhook-admin.js';
import type { WebhookInbox } from './webhooks/webhook-inbox.js';

/** What routes work with; made and wired in `index.ts`, once for each start. */
export interface Services {
  readonly options: ResolvedOptions;
  /** The port that the tunnel listens on. */
  readonly tunnelPort: number;
  readonly host: Host;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly store: Store;
  readonly presence: Presence;
  readonly strangers: Strangers;
  readonly registry: TunnelRegistry;
  readonly roster: SwarmRoster;
  readonly credentials: CredentialDesk;
  readonly checkIns: CheckIns;
  readonly enrolment: Enrolment;
  readonly admin: EnvironmentAdmin;
  readonly snapshots: SnapshotFiles;
  readonly snapshotDesk: SnapshotDesk;
  readonly idleClose: IdleClose;
  readonly waiting: Waiting;
  readonly docker: DockerProxy;
  readonly lists: AllNodeLists;
  readonly tunnels: TunnelSource;
  readonly tickets: Tickets;
  readonly webhookAdmin: WebhookAdmin;
  readonly webhookInbox: WebhookInbox;
  readonly callLog: CallLog;
  readonly directory: EnvironmentDirectory;
  readonly eventStreams: EventStreams;
  readonly selfTest: SelfTest;
}
