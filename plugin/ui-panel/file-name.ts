/** A safe file name from any text, with the time: `web-2026-11-23T20-57-19.log`. */
export function fileName(name: string, nowMs: number, extension: string): string {
  const plain = name
    .replace(/[^\w.-]+/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 80);
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
  return `${plain || 'container'}-${time}.${extension}`;
}
