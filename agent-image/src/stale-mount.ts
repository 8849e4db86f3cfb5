/**
 * The first of some paths that shows a file which was replaced on the host: the mount that covers it still holds the
 * deleted one, and will as long as the container runs. Null: none.
 * @param mountinfo text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)): the fourth field is what is mounted, with
 *   `//deleted` behind it once that is gone, and the fifth is where
 */
export function staleMount(paths: readonly string[], mountinfo: string): string | null {
  const deleted = mountinfo.split('\n').flatMap((line) => {
    const [, , , root = '', at = ''] = line.split(' ');
    return root.endsWith('//deleted') ? [unescaped(at)] : [];
  });
  return paths.find((path) => deleted.some((at) => path === at || path.startsWith(`${at}/`))) ?? null;
}

/** Spaces and the like are written as `\\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
