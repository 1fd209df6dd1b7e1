import { test } from '@jest/globals'
import { ensureDebian } from './debian.ts'
import { thisMachine } from './machine.ts'
import type { Machine } from './machine.ts'

/** What a test needs of the computer beside Node. */
export interface LabNeeds {
  /** Network namespaces of its own: root, and a kernel that allows them. */
  namespaces?: boolean
  /** To mount a disk in a file: root, and a kernel that allows loop devices. */
  mounts?: boolean
  /** Debian packages, by name. */
  packages?: readonly string[]
  /** Why it can not run for another reason, in words that follow "it", or null; asked once the packages are here. */
  unavailable?: () => Promise<string | null>
}

/** Why this computer cannot run a lab with these needs ("needs root, …"); null when it can. */
export async function labAvailable(
  needs: LabNeeds,
  machine: Machine = thisMachine,
): Promise<string | null> {
  const missing = await ensureDebian(needs.packages ?? [], machine)
  if (missing.length > 0) return `needs the Debian packages ${missing.join(', ')}`
  if (needs.mounts) {
    if (!machine.root) return 'needs root, to mount a disk'
    const loops = await machine.run('losetup', ['--find']).then(
      () => true,
      () => false,
    )
    if (!loops) return 'needs a kernel and a container that allow loop devices'
  }
  const why = (await needs.unavailable?.()) ?? null
  if (why !== null || !needs.namespaces) return why
  if (!machine.root) return 'needs root, for network namespaces'
  return machine.run('unshare', ['--net', 'true']).then(
    () => null,
    () => 'needs a kernel and a container that allow network namespaces',
  )
}

/**
 * Registers a test with needs beyond Node. Where they are not met it is left out with the reason in
 * its name, which the run lists at its end; with CI=true it fails instead. Await it at the top of
 * the test file.
 */
export async function labTest(
  name: string,
  needs: LabNeeds,
  body: () => Promise<void>,
  timeoutMs?: number,
): Promise<void> {
  const why = await labAvailable(needs)
  if (why === null) return test(name, body, timeoutMs)
  if (thisMachine.ci) {
    return test(name, () => {
      throw new Error(`This cannot run here: it ${why}.`)
    })
  }
  const leaveOut = test.skip
  leaveOut(`${name} (it ${why})`, body)
}
