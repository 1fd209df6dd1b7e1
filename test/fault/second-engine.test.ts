import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { NodeProcess } from './node-process.ts'
import { inScratch } from './scratch.ts'

test('a second engine on the same data is refused clearly, and the first goes on', () =>
  inScratch(async (scratch) => {
    const dir = join(scratch, 'node')
    const first = await NodeProcess.open(dir)
    const { id: room } = await first.ask('createRoom', 'Room')
    await first.ask('send', room, 'before')
    const second = new NodeProcess(dir)
    expect(await second.outcome()).toMatchObject({ code: 'ALREADY_RUNNING' })
    await second.ended
    await first.ask('send', room, 'after')
    await first.kill()
    const again = await NodeProcess.open(dir)
    expect(await again.texts(room)).toEqual(['before', 'after'])
    for (const node of [first, second, again]) expect(node.mishaps).toEqual([])
  }))
