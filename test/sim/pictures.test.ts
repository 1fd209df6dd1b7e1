import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { OwnIdentity } from '../../core/identity/own-identity.ts'
import { MessageWriter } from '../../core/room/messages/message-writer.ts'
import { Room } from '../../core/room/room.ts'
import { until } from '../compliance/until.ts'
import { png } from '../unit/core-message-pictures.ts'
import type { SimNode } from './sim-node.ts'
import { SimWorld } from './sim-world.ts'

const MESSAGES = 600

afterEach(() => {
  jest.restoreAllMocks()
})

function hasPicture(node: SimNode, room: string, name: string): boolean {
  return node.engine.members(room).some((member) => member.name === name && member.avatar)
}

describe('a person’s picture', () => {
  test('is not looked for with every message', async () => {
    await SimWorld.run(51, { nodes: 2 }, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      await ann.engine.identity.setAvatar(png(8, 8))
      await until('the picture', () =>
        world.nodes.every((node) => hasPicture(node, world.room, ann.name)),
      )
      const looks = jest.spyOn(OwnIdentity.prototype, 'shareAvatar')
      for (let n = 0; n < 50; n++) await bob.send(world.room, `${n}`)
      await world.agree(world.nodes, 50)
      expect(looks.mock.calls.length).toBeLessThan(10)
    })
  })

  test('comes to a room that is entered later, and is written there once, also when all is read anew', async () => {
    await SimWorld.run(52, { nodes: 2 }, async (world) => {
      await world.gather()
      const [ann, bob] = world.nodes as [SimNode, SimNode]
      const { id: other } = await ann.engine.createRoom('Other')
      for (let n = 0; n < MESSAGES; n++) await ann.engine.send(other, `${n}`)
      await ann.engine.identity.setAvatar(png(8, 8))
      const { id: third } = await bob.engine.createRoom('Third')
      await ann.engine.join(await bob.engine.invite(third), { patience: 120_000 })
      const rooms = [world.room, other, third]
      const everywhere = (): boolean => rooms.every((room) => hasPicture(ann, room, ann.name))
      await until('the picture everywhere', everywhere)
      await until('the picture at the other', () => hasPicture(bob, third, ann.name))

      await ann.stop()
      await rm(join(ann.dir, 'index'), { recursive: true })
      const written = jest.spyOn(MessageWriter.prototype, 'setAvatar')
      const opened: Room[] = []
      const open = Room.open.bind(Room)
      jest.spyOn(Room, 'open').mockImplementation(async (options) => {
        const room = await open(options)
        opened.push(room)
        return room
      })
      await ann.start()
      await until('the picture again', everywhere)
      await until('all to be read', () =>
        opened.every(({ conversation }) => conversation.lacksAvatar() !== null),
      )
      expect(written).not.toHaveBeenCalled()
    })
  })
})
