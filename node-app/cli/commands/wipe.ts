import type { Command } from 'commander'
import { PorchlightError } from '../../../core/errors.ts'
import { DataLock } from '../../lock.ts'
import { wipeData } from '../../wipe.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Io } from '../io.ts'
import { waitForEnd } from '../process-end.ts'
import { SecretReader } from '../secret.ts'

/** `porchlight wipe` */
export function addWipe(program: Command, context: CommandContext): void {
  const { io, dir, out } = context
  program
    .command('wipe')
    .option('--yes', 'ask nothing')
    .description('erase everything of Porchlight on this device, at once and for good')
    .addHelpText(
      'after',
      [
        examples(
          ['porchlight wipe', 'asks you to type “wipe”'],
          ['porchlight wipe --yes', 'with the node running or not'],
        ),
        '',
        'The keys go first, then messages, settings and what an open page has stored. What others hold of you',
        'stays with them. Flash disks may keep copies that no program reaches: see docs/threats.md.',
      ].join('\n'),
    )
    .action(async (flags: { yes?: true }) => {
      if (flags.yes !== true) await confirm(io)
      const running = await wipeRunning(context)
      if (!running) await wipeStopped(dir())
      await out().result({ wiped: true }, () => 'Everything was erased.')
    })
}

async function confirm(io: Io): Promise<void> {
  const typed = await new SecretReader(io).ask(
    'This erases everything of Porchlight on this device. Type wipe to go on',
  )
  if (typed.trim().toLowerCase() === 'wipe') return
  throw new PorchlightError('BAD_REQUEST', 'Nothing was erased: that was not “wipe”.')
}

/** False when no node runs. */
async function wipeRunning({ client }: CommandContext): Promise<boolean> {
  const node = await client().catch((error: unknown) => {
    if (error instanceof PorchlightError && error.code === 'NOT_RUNNING') return null
    throw error
  })
  if (!node) return false
  await node.post('/wipe', { confirm: 'wipe' })
  await waitForEnd(node.pid)
  return true
}

async function wipeStopped(dir: string): Promise<void> {
  const lock = await DataLock.take(dir).catch((error: NodeJS.ErrnoException) => {
    // No directory: there is nothing to erase.
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!lock) return
  try {
    await wipeData(dir)
  } finally {
    await lock.release()
  }
}
