import type { Readable } from 'node:stream'
import { PorchlightError } from '../../core/errors.ts'
import type { DeviceView, PairingOffer, PairingState } from '../api/schemas.ts'
import { askLine } from './ask.ts'
import type { ApiClient } from './client.ts'

/** The node's own clock decides; this only ends a wait that it forgot. */
const GRACE = 5_000
/** Longer than a code is good. */
const PAIR_PATIENCE = 11 * 60_000

/** Each new standing of the pairing, beginning with the present one, until the signal aborts. */
export async function* pairingStates(
  node: ApiClient,
  signal: AbortSignal,
): AsyncGenerator<PairingState> {
  let before = ''
  try {
    for await (const { event } of node.events(undefined, signal)) {
      if (event !== 'open' && event !== 'pairing' && event !== 'reset') continue
      const state = await node.get<PairingState>('/devices/pairing')
      const now = JSON.stringify(state)
      if (now !== before) yield state
      before = now
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

export interface OfferOptions {
  readonly node: ApiClient
  readonly offer: PairingOffer
  /** Called with each new standing. */
  readonly show: (state: PairingState) => Promise<void>
  /** Where a person's yes or no is read; absent when nobody is asked here. */
  readonly input?: Readable
  /** What no line at all means: a refusal on a terminal, elsewhere nothing, as the page may answer. */
  readonly silenceRefuses: boolean
  readonly interrupted: AbortSignal
}

/** Waits until a new device has used the offer. Errors: NOT_ALLOWED (words say why), TIMED_OUT. */
export async function awaitDevice(options: OfferOptions): Promise<void> {
  const { node, offer, show, input, interrupted } = options
  const over = new AbortController()
  const expired = AbortSignal.timeout(Math.max(0, offer.expiresAt - Date.now()) + GRACE)
  const signal = AbortSignal.any([interrupted, expired, over.signal])
  let asked: Promise<void> | undefined
  try {
    for await (const state of pairingStates(node, signal)) {
      await show(state)
      if (state.state === 'paired') return
      if (state.state === 'failed') throw failed(state)
      if (state.state === 'idle') break
      if (state.state === 'asking' && state.digits !== undefined && input !== undefined) {
        asked ??= answer(options, input, signal)
      }
    }
  } finally {
    over.abort()
    await asked
  }
  if (interrupted.aborted) return
  throw new PorchlightError(
    'TIMED_OUT',
    'No device used the code in time; nothing changed. Run this again for a new one.',
  )
}

async function answer(
  { node, silenceRefuses }: OfferOptions,
  input: Readable,
  signal: AbortSignal,
): Promise<void> {
  const line = await askLine(input, signal)
  if (signal.aborted || (line === undefined && !silenceRefuses)) return
  await node.post('/devices/pairing/answer', { accept: /^\s*y(es)?\s*$/i.test(line ?? '') })
}

/**
 * Makes this device one of the person's who shows the code; `show` gets the digits to compare, if only in the end.
 * Errors: those of the engine; NOT_ALLOWED when this is interrupted.
 */
export async function becomeDevice(
  node: ApiClient,
  request: { code: string; name?: string },
  show: (state: PairingState) => Promise<void>,
  interrupted: AbortSignal,
): Promise<readonly DeviceView[]> {
  const over = new AbortController()
  let told = false
  const watching = (async () => {
    for await (const state of pairingStates(node, AbortSignal.any([interrupted, over.signal]))) {
      if (state.state !== 'asking') continue
      told ||= state.digits !== undefined
      await show(state)
    }
    // What goes wrong with watching is told by the answer to the pairing itself.
  })().catch(() => {})
  let devices: readonly DeviceView[]
  try {
    devices = await node.postAndWait('/devices/pair', request, PAIR_PATIENCE, interrupted)
  } catch (error) {
    if (!interrupted.aborted) throw error
    throw new PorchlightError('NOT_ALLOWED', 'You ended the pairing; nothing changed.')
  } finally {
    over.abort()
    await watching
  }
  if (told) return devices
  // Where nobody had to say yes there, the digits may have come and gone before anybody looked.
  const last = await node.get<PairingState>('/devices/pairing').catch(() => undefined)
  if (last?.digits !== undefined) await show({ ...last, state: 'asking' })
  return devices
}

function failed({ words }: PairingState): PorchlightError {
  return new PorchlightError('NOT_ALLOWED', words ?? 'The pairing failed; nothing changed.')
}
