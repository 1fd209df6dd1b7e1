import type { Command } from 'commander'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { PorchlightError } from '../../../core/errors.ts'
import { systemRandom } from '../../../core/random.ts'
import { openBackup } from '../../../core/identity/backup.ts'
import { restorePerson } from '../../../core/identity/restore.ts'
import type { Backup, Identity, Phrase } from '../../api/schemas.ts'
import { ensureDataDir } from '../../data-dir.ts'
import { DataLock } from '../../lock.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import { SecretReader } from '../secret.ts'
import { plain } from '../terminal-text.ts'

const MAX_BACKUP = 4 * 1024 * 1024

/** `porchlight identity show | backup | restore` */
export function addIdentity(identity: Command, context: CommandContext): void {
  const { client, out } = context
  identity
    .command('show')
    .option('--words', 'the 24 words too: whoever has them is you')
    .description('show who you are on this device')
    .addHelpText(
      'after',
      examples(['porchlight identity show --words', 'write them on paper; nobody else has them']),
    )
    .action(async (flags: { words?: true }) => {
      const node = await client()
      const view = await node.get<Identity>('/identity')
      const phrase = flags.words ? await node.get<Phrase>('/identity/phrase') : {}
      await out().result({ ...view, ...phrase }, () => describe({ ...view, ...phrase }))
    })
  addBackup(identity, context)
  addRestore(identity, context)
}

function addBackup(identity: Command, { io, client, out }: CommandContext): void {
  identity
    .command('backup')
    .argument('<file>')
    .description('write who you are and your rooms to one file, sealed with a passphrase')
    .addHelpText(
      'after',
      examples(['porchlight identity backup me.porchlight', 'keep it away from this computer']),
    )
    .action(async (path: string) => {
      const node = await client()
      const passphrase = await new SecretReader(io).newPassphrase()
      const { file } = await node.post<Backup>('/identity/backup', { passphrase })
      await writeNew(path, file)
      await out().result(
        { file: path },
        () => `Written to ${plain(path)}; its passphrase opens it.`,
      )
    })
}

function addRestore(identity: Command, { io, dir, out }: CommandContext): void {
  identity
    .command('restore')
    .argument('[file]', 'what `identity backup` wrote')
    .option('--words', 'from the 24 words instead')
    .option('--name <nick>', 'your nickname, where the file does not say')
    .description('become yourself again on a new device; the node must not run')
    .addHelpText(
      'after',
      [
        examples(
          ['porchlight identity restore me.porchlight', ''],
          ['porchlight identity restore --words', 'neighbours who know you tell your rooms'],
        ),
        '',
        'It makes a device of its own in an empty data directory, and changes nothing in one that is used.',
        'Your rooms come back once a member is near; messages from before, as far as members hold them.',
      ].join('\n'),
    )
    .action(async (path: string | undefined, flags: { words?: true; name?: string }) => {
      if ((path === undefined) === (flags.words === undefined)) {
        throw new PorchlightError('BAD_REQUEST', 'Name the file, or use --words.')
      }
      const secrets = new SecretReader(io)
      const found =
        path === undefined
          ? { phrase: await secrets.ask('The 24 words'), name: '', rooms: [] }
          : await readBackup(path, secrets)
      const name = flags.name ?? (found.name === '' ? undefined : found.name)
      const { person } = await alone(dir(), () =>
        restorePerson({
          dir: dir(),
          phrase: found.phrase.toString(),
          ...(name === undefined ? {} : { name }),
          rooms: found.rooms,
          random: systemRandom,
        }),
      )
      const id = person.toString('hex')
      await out().result({ person: id, rooms: found.rooms.length }, () =>
        [
          `This is ${plain(name ?? 'you')} (${id.slice(0, 12)}) again, on a new device.`,
          'Start it with `porchlight start`; your rooms come back when a member is near.',
        ].join('\n'),
      )
    })
}

async function readBackup(path: string, secrets: SecretReader): ReturnType<typeof openBackup> {
  const { size } = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new PorchlightError('NOT_FOUND', `${path} can not be read (${error.code}).`)
  })
  if (size > MAX_BACKUP) {
    throw new PorchlightError('TOO_LARGE', `${path} is too large to be a backup of Porchlight.`)
  }
  return openBackup(await readFile(path, 'utf8'), await secrets.passphrase())
}

/** Writes a file that only its owner reads, in place of none: an older backup is worth keeping. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'there is a file of this name already' : error.code
    throw new PorchlightError(
      'NOT_ALLOWED',
      `${path} was not written: ${why}. Choose another name.`,
    )
  })
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/** No node may use the directory meanwhile. Errors: `ALREADY_RUNNING`. */
async function alone<T>(dir: string, work: () => Promise<T>): Promise<T> {
  await ensureDataDir(dir)
  const lock = await DataLock.take(dir)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

function describe(view: Identity & Partial<Phrase>): string {
  const { name, person, device, hasPhrase, sealed, phrase } = view
  return [
    `Name    ${plain(name)}`,
    `Person  ${person}`,
    `Device  ${device}`,
    sealed
      ? 'Keys    sealed with your passphrase'
      : 'Keys    not sealed: only other users of this computer are kept out (0600). `porchlight passphrase set` seals them.',
    hasPhrase
      ? phrase === undefined
        ? 'Words   on this device; `porchlight identity show --words` shows them'
        : `Words   ${phrase}`
      : 'Words   not on this device: it was paired',
  ].join('\n')
}
