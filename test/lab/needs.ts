import { ensureDebian } from '../setup/debian.ts'
import { thisMachine } from '../setup/machine.ts'

/** Why no lab with these Debian packages can run here, in words that follow "it"; null when it can. */
export async function labUnavailable(packages: readonly string[]): Promise<string | null> {
  if (!thisMachine.root) return 'needs root, for network namespaces: run it with sudo'
  const missing = await ensureDebian(packages)
  if (missing.length > 0) {
    return `needs the Debian packages ${missing.join(', ')}: apt-get install ${missing.join(' ')}`
  }
  return thisMachine.run('unshare', ['--net', 'true']).then(
    () => null,
    () => 'needs a kernel and a container that allow network namespaces',
  )
}
