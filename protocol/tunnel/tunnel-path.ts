/** How a tunnel reaches the hub: by the tunnel port, or inside a WebSocket by the API's own address. */
export type TunnelPath = 'tunnel-port' | 'api';
