import { InvalidArgumentError, type Command } from 'commander'
import type {
  FilePolicy,
  FilePolicyRequest,
  FileStorage,
  FileStorageRequest,
} from '../../api/schemas.ts'
import { ROOM_HELP } from '../arguments.ts'
import type { CommandContext } from '../context.ts'
import { parseDuration } from '../duration.ts'
import { examples } from '../examples.ts'
import { policyWords, storageWords } from '../file-words.ts'
import { roomPath } from '../paths.ts'
import { parseSize } from '../size.ts'

/** Commander takes null for no value at all. */
type Keep = number | 'forever' | 'default'

interface PolicyFlags {
  autoLan?: number
  autoDht?: number
  autoBle?: number
  autoOther?: number
  autoDefault?: true
  keep?: Keep
}

/** `porchlight file policy | quota` */
export function addFilePolicy(file: Command, { client, out }: CommandContext): void {
  file
    .command('policy')
    .argument('[room]', `${ROOM_HELP}; without one: what holds in all rooms`)
    .option('--auto-lan <size>', 'on the local network', parseSize)
    .option('--auto-dht <size>', 'over the internet', parseSize)
    .option('--auto-ble <size>', 'over Bluetooth', parseSize)
    .option('--auto-other <size>', 'over any other way', parseSize)
    .option('--auto-default', 'fetch by the device’s own limits again')
    .option('--keep <time|forever|default>', 'how long to keep what came by itself', keep)
    .description('show or change up to which size files are fetched without being asked for')
    .addHelpText(
      'after',
      examples(
        ['porchlight file policy', 'what holds on this device'],
        ['porchlight file policy harbour --auto-lan 1GB --auto-dht 0', 'in one room'],
        ['porchlight file policy --keep 30d', 'files you did not ask for go after a month'],
      ),
    )
    .action(async (room: string | undefined, flags: PolicyFlags) => {
      const path = room === undefined ? '/file-policy' : roomPath(room, '/file-policy')
      const change = changeOf(flags)
      const node = await client()
      const policy =
        Object.keys(change).length === 0
          ? await node.get<FilePolicy>(path)
          : await node.patch<FilePolicy>(path, change)
      await out().result(policy, () => policyWords(policy))
    })
  file
    .command('quota')
    .argument('[size|none]', 'the most that received files may take', quota)
    .description('show or set how much of the disk received files may take')
    .addHelpText(
      'after',
      examples(
        ['porchlight file quota', ''],
        ['porchlight file quota 20GB', 'what is beyond it is freed, the least needed first'],
        ['porchlight file quota none', ''],
      ),
    )
    .action(async (most: number | 'none' | undefined) => {
      const node = await client()
      const request = {
        quota: most === 'none' ? null : (most ?? null),
      } satisfies FileStorageRequest
      const storage =
        most === undefined
          ? await node.get<FileStorage>('/file-storage')
          : await node.patch<FileStorage>('/file-storage', request)
      await out().result(storage, () => storageWords(storage))
    })
}

function changeOf(flags: PolicyFlags): FilePolicyRequest {
  const { autoLan, autoDht, autoBle, autoOther, autoDefault, keep: kept } = flags
  const limits = {
    ...(autoLan === undefined ? {} : { lan: autoLan }),
    ...(autoDht === undefined ? {} : { dht: autoDht }),
    ...(autoBle === undefined ? {} : { ble: autoBle }),
    ...(autoOther === undefined ? {} : { other: autoOther }),
  }
  const some = Object.keys(limits).length > 0
  if (some && autoDefault === true) {
    throw new InvalidArgumentError('--auto-default takes all limits back: give none beside it.')
  }
  return {
    ...(some ? { autoFetch: limits } : autoDefault === true ? { autoFetch: null } : {}),
    ...(kept === undefined ? {} : { keepFor: kept === 'forever' ? null : kept }),
  }
}

function keep(text: string): Keep {
  return text === 'forever' || text === 'default' ? text : parseDuration(text)
}

function quota(text: string): number | 'none' {
  return text === 'none' ? 'none' : parseSize(text)
}
