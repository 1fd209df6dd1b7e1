import { execFileSync } from 'node:child_process'
import { test } from '@jest/globals'
import { ensureDebian, isRoot } from './debian.ts'

/** What a test needs of the machine beside Node. */
export interface LabNeeds {
  /** Network namespaces of its own: root, and a kernel that allows them. */
  namespaces?: boolean
  /** Debian packages, by name. */
  packages?: readonly string[]
}

/** Why this machine cannot run a lab with these needs, in words; null when it can. */
export async function labAvailable(needs: LabNeeds): Promise<string | null> {
  const missing = await ensureDebian(needs.packages ?? [])
  if (missing.length > 0) return `needs the Debian packages ${missing.join(', ')}`
  if (!needs.namespaces) return null
  if (process.platform !== 'linux') return 'needs Linux'
  if (!isRoot()) return 'needs root, for network namespaces'
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' })
    return null
  } catch {
    return 'needs a kernel and container that allow network namespaces'
  }
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
  timeoutMs = 300_000,
): Promise<void> {
  const why = await labAvailable(needs)
  if (why === null) return test(name, body, timeoutMs)
  if (process.env.CI === 'true') {
    return test(name, () => {
      throw new Error(`This cannot run here: it ${why}.`)
    })
  }
  const leaveOut = test.skip
  leaveOut(`${name} (it ${why})`, body)
}
