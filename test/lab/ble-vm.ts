/** Two nodes on the kernel's own Bluetooth, with the native parts that are used everywhere: in an emulated computer. */
import { BTVIRT_PACKAGES } from '../ble/btvirt.ts'
import { showSteps } from './ble-vm-events.ts'
import { fetchParts, Machine } from './ble-vm-machine.ts'
import type { Scenario } from './scenario.ts'

const LIMIT_MS = 6 * 60_000
const LAST_WORDS_MS = 15_000

export const bleVm: Scenario = {
  name: 'ble-vm',
  says: 'two nodes on two adapters of a kernel of Debian, in QEMU: its Bluetooth, and the native parts of ours',
  packages: ['qemu-system-x86', 'e2fsprogs', 'xz-utils', BTVIRT_PACKAGES[0]],
  async unavailable() {
    if (process.arch !== 'x64') return `needs an x64 computer, and this is ${process.arch}`
    return fetchParts().then(
      () => null,
      (error: Error) => `needs the kernel of Debian, which was not fetched: ${error.message}`,
    )
  },
  async run({ steps, directory }) {
    const from = performance.now()
    const machine = await steps.step('a computer is made', () => Machine.start(directory))
    const started = performance.now()
    let late = false
    const limit = setTimeout(() => {
      late = true
      void machine.close()
    }, LIMIT_MS)
    const told = machine.told()
    try {
      await showSteps(steps, told)
    } catch (error) {
      // What it has to say of it comes after the step that failed.
      const enough = setTimeout(() => void machine.close(), LAST_WORDS_MS)
      while (!(await told.next()).done);
      clearTimeout(enough)
      const why = late ? `it took more than ${LIMIT_MS / 60_000} minutes` : String(error)
      await steps.step('the guest comes to its end', async () => {
        throw new Error(`${why}\n${await machine.console()}`)
      })
    } finally {
      clearTimeout(limit)
      await machine.close()
    }
    steps.figure('switched on to the end', (performance.now() - started) / 1_000, 's')
    steps.figure('all of it', (performance.now() - from) / 1_000, 's')
  },
}
