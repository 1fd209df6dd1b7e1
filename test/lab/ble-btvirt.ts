/** Bluetooth on an emulator of another's making: BlueZ's btvirt, without the kernel. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Btvirt, BTVIRT_PACKAGES } from '../ble/btvirt.ts'
import { bluetoothEnvironment } from '../ble/shim-env.ts'
import { twoByBluetooth } from './ble-two.ts'
import { LabNode } from './lab-node.ts'
import type { Lab, Scenario } from './scenario.ts'

type Driver = 'stoprocent' | 'abandonware'

export const bleBtvirt: Scenario = {
  name: 'ble-btvirt',
  says: 'two laptops on BlueZ’s emulator of Bluetooth controllers, with each of the drivers',
  packages: ['iproute2', ...BTVIRT_PACKAGES],
  async run(lab) {
    for (const driver of ['stoprocent', 'abandonware'] as const) {
      await lab.steps.part(`with ${driver}`, () => together(lab, driver))
    }
  },
}

async function together(lab: Lab, driver: Driver): Promise<void> {
  const { steps } = lab
  const btvirt = await steps.step('btvirt opens its sockets', () => Btvirt.start())
  try {
    const laptop = (name: string): Promise<LabNode> => node(lab, name, driver, btvirt.socket)
    const told = {
      step: steps.step.bind(steps),
      figure: (name: string, value: number, unit: string) =>
        steps.figure(`${driver}: ${name}`, value, unit),
    }
    await twoByBluetooth(told, await laptop('a'), await laptop('b'))
  } finally {
    await btvirt.close()
  }
}

async function node(lab: Lab, name: string, driver: Driver, socket: string): Promise<LabNode> {
  const { network, directory } = lab
  // On a network of its own each: the words can only come by Bluetooth.
  const host = await network.host(`${name}-${driver}`, await network.bridge(), 1)
  const made = new LabNode(host, directory, {
    flags: ['--no-lan', '--ble'],
    env: bluetoothEnvironment({ socket }),
  })
  await mkdir(made.data, { mode: 0o700 })
  await writeFile(join(made.data, 'config.json'), JSON.stringify({ bleDriver: driver }))
  return made
}
