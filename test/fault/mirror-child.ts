/**
 * A process that copies what one archive has, to be killed at any time: `store SOURCE TARGET` range by range into
 * another archive, `carry SOURCE DIR` to a medium. Says what is done in lines.
 */
import { silentLogger } from '../../core/logger.ts'
import { Archive } from '../../core/mirror/archive/archive.ts'
import type { ArchiveMirror } from '../../core/mirror/archive/archive-mirror.ts'
import { exchangeWithDirectory } from '../../core/mirror/usb/exchange-with-directory.ts'

/** Ranges stay small, so that there are many. */
const RANGE = 1200

const [mode = '', source = '', target = ''] = process.argv.slice(2)
const logger = silentLogger

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function copy(from: ArchiveMirror, to: ArchiveMirror): Promise<void> {
  const heads = await from.heads()
  await Promise.all(
    heads.map(async (head) => {
      for (let at = await to.wants(head); at !== null; at = await to.wants(head)) {
        const range = (await from.read(head.key, at, RANGE))!
        const said = await to.store(range)
        if (said !== 'stored') throw new Error(`not stored: ${said}`)
        tell(`${from.id} ${head.key.toString('hex')} ${range.from + range.blocks.length}`)
      }
    }),
  )
}

const archive = await Archive.open(source, { logger })
if (mode === 'store') {
  const other = await Archive.open(target, { logger })
  for (const mirror of archive.mirrors()) {
    await copy(mirror, other.get(mirror.id) ?? (await other.create(mirror.id, 'mirror')))
  }
  await other.close()
} else {
  const mirrors = archive.mirrors()
  const onprogress = (): void => tell('progress')
  const report = await exchangeWithDirectory({
    dir: target,
    rooms: [],
    mirrors,
    logger,
    onprogress,
  })
  tell(`report ${JSON.stringify(report)}`)
}
tell('done')
await archive.close()
