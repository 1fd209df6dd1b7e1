import { Argument, InvalidArgumentError, type Command } from 'commander'
import { readFile, stat } from 'node:fs/promises'
import { PorchlightError } from '../../../core/errors.ts'
import type { SwitchRequest } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'

const MAX_AVATAR = 24_576

/** `porchlight identity avatar | receipts` */
export function addProfile(identity: Command, { client, out }: CommandContext): void {
  identity
    .command('avatar')
    .argument('[file]', 'a PNG, JPEG or WebP of at most 24 kB')
    .option('--remove', 'have no picture')
    .description('set the picture that others see')
    .addHelpText(
      'after',
      examples(['porchlight identity avatar me.jpg', 'it travels in the rooms']),
    )
    .action(async (file: string | undefined, flags: { remove?: true }) => {
      if ((file === undefined) === (flags.remove === undefined)) {
        throw new InvalidArgumentError('Name a file, or use --remove.')
      }
      const image = file === undefined ? undefined : await readImage(file)
      const node = await client()
      if (image === undefined) await node.delete('/identity/avatar')
      else await node.put('/identity/avatar', { image: image.toString('base64') })
      await out().result({ bytes: image?.length ?? 0 }, () =>
        image === undefined ? 'You have no picture now.' : 'Others will see this picture.',
      )
    })
  identity
    .command('receipts')
    .addArgument(new Argument('[switch]', 'on or off').choices(['on', 'off']))
    .description('say whether others are told what you read; without a word, show it')
    .addHelpText('after', examples(['porchlight identity receipts off', 'on all of your devices']))
    .action(async (word: 'on' | 'off' | undefined) => {
      const node = await client()
      const path = '/identity/receipts'
      const state = await (word === undefined
        ? node.get<SwitchRequest>(path)
        : node.put<SwitchRequest>(path, { on: word === 'on' }))
      await out().result(state, () =>
        state.on ? 'Others are told what you read.' : 'Others are not told what you read.',
      )
    })
}

/** A picture's bytes. Errors: NOT_FOUND, TOO_LARGE. */
async function readImage(file: string): Promise<Buffer> {
  const facts = await stat(file).catch(() => undefined)
  // Asked for before it is read: reading a pipe or a device may never end.
  if (facts?.isFile() !== true) {
    throw new PorchlightError('NOT_FOUND', `There is no picture at ${file}.`)
  }
  if (facts.size > MAX_AVATAR) {
    throw new PorchlightError(
      'TOO_LARGE',
      'A picture has at most 24 kB: make it smaller (about 200 × 200 points), then try again.',
    )
  }
  return readFile(file)
}
