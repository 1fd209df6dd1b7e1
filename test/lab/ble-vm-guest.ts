/** What runs in the guest of lab ble-vm: two adapters of its kernel, a node on each; tells its steps on stdout. */
import { existsSync } from 'node:fs'
import { until } from '../compliance/until.ts'
import { tellingSteps } from './ble-vm-events.ts'
import type { Told } from './ble-vm-events.ts'
import { GuestNode } from './ble-vm-node.ts'
import { twoByBluetooth } from './ble-two.ts'
import { LabProcess } from './lab-process.ts'

const ADAPTERS = [0, 1]

const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`)
const steps = tellingSteps(tell)

async function powered(): Promise<void> {
  const btvirt = new LabProcess('btvirt', ['-L', '-l2'])
  for (const number of ADAPTERS) {
    await until(`adapter ${number}`, () => {
      if (!btvirt.running) throw new Error(`btvirt ended: ${btvirt.errors}`)
      return existsSync(`/sys/class/bluetooth/hci${number}`)
    })
    await turn(number, 'up')
  }
}

async function turn(number: number, state: 'up' | 'down'): Promise<void> {
  const child = new LabProcess('hciconfig', [`hci${number}`, state])
  const { code } = await child.ended
  if (code !== 0) throw new Error(`hci${number} ${state}: ${child.errors}`)
}

async function main(): Promise<void> {
  steps.figure('the guest’s clock when its program starts', process.uptime(), 's')
  await steps.step('its kernel has two adapters, and they are switched on', powered)
  const [a, b] = ADAPTERS.map((bleAdapter) => {
    const name = String.fromCodePoint(97 + bleAdapter)
    return new GuestNode(name, '/run', { bleAdapter, bleDriver: 'stoprocent' })
  })
  try {
    await twoByBluetooth(steps, a!, b!, { turn: (state) => turn(ADAPTERS[1]!, state) })
  } catch (error) {
    for (const node of [a!, b!]) process.stderr.write(`${node.name}: ${node.errors}\n`)
    throw error
  }
}

try {
  await main()
  tell({ done: true })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  tell({ done: false })
}
process.exit()
