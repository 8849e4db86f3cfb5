import type { TextTab } from '../../elements/text-tab.js';

/** Where a client finds an environment and its certificate: a Docker context. */
export interface ClientContext {
  /** Needs no quotes anywhere. Also the name of the folder below `~/.fairlead`. */
  readonly name: string;
  /** `tcp://host:port` */
  readonly host: string;
}

/**
 * Name of the downloaded archive. A browser renames the second of one name, and a command would then unpack the first.
 * @param accessId 32 hex digits
 */
export function archiveName({ name }: ClientContext, accessId: string): string {
  return `${name}-${accessId.slice(0, 8)}.tar`;
}

/** Puts the downloaded certificate in its folder. */
export function unpackCommand(context: ClientContext, accessId: string): string {
  const { name } = context;
  return `mkdir -p -m 700 ~/.fairlead/${name}
tar -xf ~/Downloads/${archiveName(context, accessId)} -C ~/.fairlead/${name}`;
}

/** How each client is set up, once the certificate is in its folder. */
export function clientTabs({ name, host }: ClientContext): readonly TextTab[] {
  const folder = `$HOME/.fairlead/${name}`;
  const files = `ca=${folder}/ca.pem,cert=${folder}/cert.pem,key=${folder}/key.pem`;
  const variables = `export DOCKER_HOST=${host} DOCKER_TLS_VERIFY=1
export DOCKER_CERT_PATH=${folder}`;
  return [
    tab('context', 'docker context', [
      [
        'Create a context, then use it.',
        `docker context create ${name} --docker "host=${host},${files}"
docker --context ${name} ps`,
      ],
    ]),
    tab('variables', 'DOCKER_HOST', [
      ['Nearly every client reads these variables, docker-py and Go’s client.FromEnv among them.', variables],
    ]),
    tab('compose', 'Compose', [
      [
        'With the context of the first tab. Compose v1: with the variables of the second.',
        `docker --context ${name} compose up -d`,
      ],
    ]),
    tab('testcontainers', 'Testcontainers', [
      [
        'In ~/.testcontainers.properties, with the path of your home folder.',
        `docker.host=${host}
docker.tls.verify=1
docker.cert.path=/home/you/.fairlead/${name}`,
      ],
    ]),
    tab('vscode', 'VS Code', [
      ['Container Tools and the Docker extension follow the current context.', `docker context use ${name}`],
    ]),
    tab('ansible', 'Ansible', [
      [
        'In a play, for all modules of community.docker.',
        `module_defaults:
  group/community.docker.docker:
    docker_host: ${host}
    validate_certs: true
    ca_path: "{{ lookup('env', 'HOME') }}/.fairlead/${name}/ca.pem"
    client_cert: "{{ lookup('env', 'HOME') }}/.fairlead/${name}/cert.pem"
    client_key: "{{ lookup('env', 'HOME') }}/.fairlead/${name}/key.pem"`,
      ],
    ]),
    tab('terraform', 'Terraform', [
      [
        'The provider kreuzwerker/docker.',
        `provider "docker" {
  host      = "${host}"
  cert_path = pathexpand("~/.fairlead/${name}")
}`,
      ],
    ]),
    tab('prometheus', 'Prometheus', [
      [
        'Service discovery. Copy the folder to /etc/prometheus first.',
        `scrape_configs:
  - job_name: ${name}
    docker_sd_configs:
      - host: ${host.replace(/^tcp:/, 'https:')}
        tls_config:
          ca_file: /etc/prometheus/${name}/ca.pem
          cert_file: /etc/prometheus/${name}/cert.pem
          key_file: /etc/prometheus/${name}/key.pem`,
      ],
    ]),
  ];
}

function tab(id: string, label: string, texts: readonly (readonly [note: string, text: string])[]): TextTab {
  return { id, label, pastes: texts.map(([note, text]) => ({ label: `the text for ${label}`, note, text })) };
}
