import { InvalidArgumentError, type Command } from 'commander'
import type { DeviceView, PairingOffer, PairingState } from '../../api/schemas.ts'
import type { CommandContext } from '../context.ts'
import { examples } from '../examples.ts'
import type { Output } from '../output.ts'
import { awaitDevice, becomeDevice } from '../pairing.ts'
import { segment } from '../paths.ts'
import { terminalQr } from '../qr.ts'
import { jsonLine, plain } from '../terminal-text.ts'
import { formatDay } from '../when.ts'

interface PairFlags {
  name?: string
  confirm?: true
}

/** `porchlight device pair | list | remove` */
export function addDevice(program: Command, context: CommandContext): void {
  const { client, out } = context
  const device = program
    .command('device')
    .description('have all your rooms on several devices of yours')
    .addHelpText(
      'after',
      examples(
        ['porchlight device pair', 'on a device you have: shows a code'],
        ['porchlight device pair porchlight-pair:…', 'on the new, still empty one'],
        ['porchlight device list', ''],
        ['porchlight device remove phone', 'lost it: cut off in every room'],
      ),
    )
  device
    .command('pair')
    .argument('[code]', 'on the new device: what the other one shows')
    .option('--name <name>', 'what to call the new device')
    .option('--confirm', 'let it in only after a yes; on a terminal it always asks')
    .description('make another device yours: first here without a code, then there with it')
    .action(async (code: string | undefined, flags: PairFlags) => {
      if (code === undefined) return offer(flags, context)
      if (flags.confirm === true) {
        throw new InvalidArgumentError('--confirm is for the device that shows the code.')
      }
      return become(code, flags, context)
    })
  device
    .command('list')
    .description('list your devices')
    .action(async () => {
      const devices = await (await client()).get<DeviceView[]>('/devices')
      await out().result(devices, () => describe(devices, out()))
    })
  device
    .command('remove')
    .argument('<device>', 'an id, the beginning of one, or a name')
    .description('cut a device of yours off in every room, as when it is lost')
    .action(async (reference: string) => {
      const path = `/devices/${segment(reference, 'The device')}`
      const gone = await (await client()).delete<DeviceView>(path)
      await out().result(
        gone,
        () => `${plain(gone.name)} (${gone.id.slice(0, 12)}) is cut off; the rooms get new keys.`,
      )
    })
}

async function offer(flags: PairFlags, { io, client, out }: CommandContext): Promise<void> {
  if (flags.name !== undefined) {
    throw new InvalidArgumentError('--name is for the new device: give it there, with the code.')
  }
  const node = await client()
  const confirm = flags.confirm === true || out().terminal
  const made = await node.post<PairingOffer>('/devices/pairing', { confirm })
  await out().result(made, () => howTo(made, out()))
  await awaitDevice({
    node,
    offer: made,
    show: (state) => show(state, confirm, out()),
    ...(confirm ? { input: io.stdin } : {}),
    silenceRefuses: out().terminal,
    interrupted: io.interrupted(),
  })
}

async function become(
  code: string,
  { name }: PairFlags,
  { io, client, out }: CommandContext,
): Promise<void> {
  const request = { code, ...(name === undefined ? {} : { name }) }
  const devices = await becomeDevice(
    await client(),
    request,
    (state) => show(state, false, out()),
    io.interrupted(),
  )
  await out().result({ state: 'paired', devices }, () =>
    [
      'This device is yours now. Rooms, contacts and drafts arrive by themselves.',
      '',
      describe(devices, out()),
    ].join('\n'),
  )
}

function howTo({ code }: PairingOffer, out: Output): string {
  return [
    'On the new device, within ten minutes:',
    '',
    `  porchlight device pair '${code}'`,
    '',
    ...(out.terminal ? [terminalQr(code, out.colour), ''] : []),
    'Show this code to nobody else: whoever uses it becomes you.',
  ].join('\n')
}

async function show(state: PairingState, confirm: boolean, out: Output): Promise<void> {
  if (out.json) return out.line(jsonLine(state))
  if (state.state === 'asking' && state.digits !== undefined) {
    const name = plain(state.device?.name ?? '') || 'The other device'
    const digits = state.digits.replace(/^(\d{3})(?=\d)/, '$1 ')
    await out.line(`${name} is there. Both devices must show ${out.style('bold', digits)}`)
    if (confirm) await out.line('Are the digits alike, and shall it be yours? [y/N]')
  } else if (state.state === 'paired') {
    await out.line('The new device is yours now.')
  }
}

function describe(devices: readonly DeviceView[], out: Output): string {
  const rows = devices.map(({ id, name, here, since }) => [
    id.slice(0, 12),
    plain(name) + (here ? ' (this one)' : ''),
    formatDay(since),
  ])
  return out.table(['DEVICE', 'NAME', 'SINCE'], rows)
}
