/**
 * The first path whose file was replaced on the host: its mount still holds the deleted file, for as long as the
 * container runs. Null: none.
 * @param mountinfo text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)): the fourth field is the mount's source, with
 *   a `//deleted` suffix once that is deleted, and the fifth its target
 */
export function staleMount(paths: readonly string[], mountinfo: string): string | null {
  const deleted = mountinfo.split('\n').flatMap((line) => {
    const [, , , root = '', at = ''] = line.split(' ');
    return root.endsWith('//deleted') ? [unescaped(at)] : [];
  });
  return paths.find((path) => deleted.some((at) => path === at || path.startsWith(`${at}/`))) ?? null;
}

/** Spaces and other special characters are escaped as `\\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
