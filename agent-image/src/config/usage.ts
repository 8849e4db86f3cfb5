/** Output of `--help`. A test compares its variables with those that the files of this folder read. */
export const usage = (
  version: string,
) => `Fairlead agent ${version}: connects the local Docker Engine to a hub; it only dials out.

Usage: agent [doctor [--json] | healthcheck | version | --help]

Without a command the agent runs until SIGTERM or SIGINT. doctor checks each step to the hub and to the
engine, next to a running agent too (docker exec fairlead-agent agent doctor), and exits with 1 if one
fails. healthcheck exits with 0 if the running agent checks in on time, else with 1. A missing or
malformed variable ends the agent with exit code 78.

Required
  EDGE_ID                  UUID of this agent's identity
  EDGE_KEY                 join token of the environment, from the hub
  EDGE_ID_FILE, EDGE_KEY_FILE
                           read them from files instead (Docker secrets)

Hub
  EDGE_INSECURE_POLL       1: accept any certificate on the hub's API; the tunnel stays pinned (0)
  EDGE_CA_FILE             PEM file of authorities to trust in addition to the well-known ones
  EDGE_INACTIVITY_TIMEOUT  close the tunnel after this time without use: 30s, 5m, 1h30m, or seconds;
                           5s to 24h (the hub's setting)
  HTTPS_PROXY              proxy for check-ins and tunnel, such as http://user:password@proxy:3128
  NO_PROXY                 hosts, domains, addresses and CIDR blocks that are reached directly

Engine
  DOCKER_HOST              path, unix:///path or tcp://host:port (/var/run/docker.sock)
  DOCKER_TLS_VERIFY        any value: TLS to tcp://, verified
  DOCKER_TLS               any value: TLS to tcp://, not verified
  DOCKER_CERT_PATH         folder of ca.pem, cert.pem and key.pem (~/.docker)

Agent
  DATA_DIR                 where its identity is kept (/data)
  EDGE_METRICS_FILE        write metrics to this file, *.prom, for node_exporter's textfile collector
  LOG_LEVEL                trace, debug, info, warn, error, fatal or silent (info)
  LOG_FORMAT               auto, json or pretty; auto is pretty on a terminal (auto)
`;
