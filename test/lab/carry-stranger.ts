/** A stranger's laptop, which is in no room and brings messages from island to island all the same. */
import type { HeldView } from '../../core/mirror/api.ts'
import { SPRAY } from '../../core/mirror/carry/spray.ts'
import { until } from '../compliance/until.ts'
import { scanDirectory } from '../fault/canaries.ts'
import { secretsIn } from '../fault/secrets-in.ts'
import { linkToShown, PATIENCE_MS, quiet } from './away-errand.ts'
import { LAPTOP, leave } from './carry-errand.ts'
import type { Islands } from './carry-errand.ts'
import { LabNode } from './lab-node.ts'
import type { Status } from './lab-node.ts'

/** A part of `carry`. */
export async function stranger({ lab, bridges, people, talk }: Islands): Promise<void> {
  const { steps, network, directory } = lab
  const bus = new LabNode(await network.host('bus', bridges[0], LAPTOP), directory)
  const texts = await steps.step('a stranger’s laptop is given what is new, to carry', async () => {
    const written = await talk.pour(people[0], 'canary for the bus', 5)
    // A while later: it is no stranger's matter before those around had their time to fetch it.
    await people[0].stop()
    await people[0].start({ ahead: SPRAY.patience + 60_000 })
    await bus.start()
    await bus.linked()
    await until(
      'it to carry something',
      async () => (await bus.get<HeldView>('/held')).carried.bytes > 0,
      PATIENCE_MS,
    )
    await quiet(bus.host)
    await leave(bus)
    return written
  })
  await steps.step('A18: it can not read what it carries', async () => {
    const words = Object.fromEntries(['canary', 'Canary'].map((word) => [word, Buffer.from(word)]))
    await people[2].stop()
    const secrets = await secretsIn(people[2].data)
    await people[2].start()
    const hits = await scanDirectory(bus.data, { ...words, ...secrets })
    if (hits.length > 0) throw new Error(hits.join(', '))
    if ((await bus.ask<object[]>('room', 'list')).length > 0) throw new Error('it is in a room')
  })
  for (const i of [1, 2] as const) {
    await steps.step(`it comes to island ${i + 1}, where they are read`, async () => {
      const took = await linkToShown(people[i], talk.room, texts, async () => {
        await network.plug(bus.host, 'eth0', bridges[i], LAPTOP)
      })
      steps.figure(`a stranger comes to island ${i + 1}: link to messages shown`, took, 'ms')
      const { peers } = await people[i].get<Status>('/status')
      if (peers.length !== 1) throw new Error(`${people[i].name} has ${peers.length} peers`)
      await talk.sameTimeline(people[i])
      await leave(bus)
    })
  }
  await steps.step('what it carried is dropped when its owner says so', async () => {
    const { bytes } = await bus.ask<HeldView>('mirror', 'held', '--drop', 'carried')
    if (bytes > 0) throw new Error(`${bytes} bytes are left`)
    await bus.stop()
  })
}
