import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import type { DiskGuard } from '../../core/durability/disk-guard.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import type { Room } from '../../core/room/room.ts'
import { Rooms } from '../../core/rooms.ts'
import { Storage } from '../../core/storage.ts'

const guard = { note: () => {}, full: false } as unknown as DiskGuard

/** A device with its disk and its rooms, and no way to anybody. */
export class TestDevice {
  readonly dir: string
  readonly storage: Storage
  readonly rooms: Rooms

  private constructor(dir: string, storage: Storage) {
    this.dir = dir
    this.storage = storage
    this.rooms = new Rooms({
      dir,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      storage: () => storage,
      guard: () => guard,
      ready: async () => {},
      blocked: () => false,
      tellsRead: () => true,
      consumers: () => [],
      onopen: () => {},
      onleave: () => {},
      onenter: () => {},
      onerased: () => {},
    })
  }

  static async open(name: string, at?: string): Promise<TestDevice> {
    const dir = at ?? (await mkdtemp(join(tmpdir(), `porchlight-${name}-`)))
    const options = { dir, name, random: systemRandom, logger: silentLogger }
    const device = new TestDevice(dir, await Storage.open(options))
    await device.rooms.open()
    return device
  }

  async close(): Promise<void> {
    await this.rooms.settled()
    for (const room of this.rooms.all()) await room.close()
    await this.storage.close()
  }

  async remove(): Promise<void> {
    await this.close()
    await rm(this.dir, { recursive: true, force: true })
  }
}

/** What a room shows, in its order: authors and texts. */
export async function shown(room: Room): Promise<string[]> {
  await room.ready()
  const page = await room.reading.page({ limit: 500 })
  return page.messages.map(({ authorName, text }) => `${authorName}: ${text}`)
}
