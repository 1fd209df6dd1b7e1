import { sleep } from '../../clock.ts'
import type { Clock, Timer } from '../../clock.ts'
import type { ControlLog } from '../../control/control-log.ts'
import { Job } from '../../job.ts'
import type { Logger } from '../../logger.ts'
import type { Random } from '../../random.ts'
import { sealKeys } from './key-box.ts'
import { keysForGrant } from './key-cover.ts'
import { dutyDelay, keyDuty } from './key-duty.ts'
import type { Duty } from './key-duty.ts'
import type { KeyRing } from './key-ring.ts'
import { makeRotation } from './rotation.ts'

/** How long to wait after an entry that was not written, or changed nothing; then ever longer. */
const RETRY = 30_000
const MAX_RETRY = 3_600_000
/** A device that says it lacks a key is granted it again after so long, at the earliest, and then ever later. */
const GRANT_AGAIN = 3_600_000
/** Longest timer: a clock that is set forward must not be slept through. */
const MAX_TIMER = 600_000

export interface KeyKeeperOptions {
  readonly control: Pick<ControlLog, 'state' | 'writable' | 'append' | 'key' | 'usedUp'>
  readonly ring: KeyRing
  /** This device (hex). */
  readonly device: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Devices in reach that say they lack the room's key, whatever the control log tells. */
  readonly asking: () => Iterable<string>
  /** The time of a key is over. */
  readonly onexpiry: () => void
}

/** Rotates and hands out a room's keys when that is this device's turn. */
export class KeyKeeper {
  readonly #options: KeyKeeperOptions
  readonly #job: Job
  #abort = new AbortController()
  #timer: Timer | null = null
  #hurried = false
  /** Entries in a row that failed or that the room did not heed, and when the next may be tried (monotonic). */
  #vain = 0
  #notBefore = 0
  /** When this device may rotate by time again (monotonic). */
  #nextDue = 0
  /** Since when this device lacks the key of an epoch (monotonic). */
  #keyless: { readonly epoch: number; readonly since: number } | null = null
  /** What each device that asked was granted last: each time costs an entry. */
  readonly #granted = new Map<string, { epoch: number; rest: number; next: number }>()
  #closed = false

  constructor(options: KeyKeeperOptions) {
    this.#options = options
    this.#job = new Job(() =>
      this.#run().catch((error: unknown) => {
        if (this.#closed) return
        options.logger.warn('keys-not-kept', { error: String(error) })
        this.#putOff()
        this.#timeout(this.#notBefore - options.clock.monotonic())
      }),
    )
  }

  /** Looks whether something is to be done; called whenever the room or its keys changed. */
  wake(): void {
    if (!this.#closed) void this.#job.wake()
  }

  /** Acts at once on what this device itself made necessary; resolves when it is done or was put off. */
  async hurry(): Promise<void> {
    if (this.#closed) return
    this.#hurried = true
    this.#notBefore = 0
    this.#abort.abort()
    this.#abort = new AbortController()
    await this.#job.wake()
  }

  /** A new key although nothing asks for it. Errors: those of `ControlLog.append`. */
  async rotate(): Promise<void> {
    const { control, ring, device, clock, random } = this.#options
    const now = { state: control.state, at: clock.now() }
    const facts = { ...now, held: ring.keys, room: control.key, device }
    await control.append(makeRotation({ ...facts, random }))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#abort.abort()
    await this.#job.running
  }

  async #run(): Promise<void> {
    const { clock, random, control } = this.#options
    this.#timer?.cancel()
    while (!this.#closed) {
      const duty = this.#duty()
      if (duty.do === 'nothing') {
        return this.#sleepUntil(duty.at)
      }
      const early = this.#notBefore - clock.monotonic()
      if (early > 0) return this.#timeout(early)
      if (!this.#hurried) {
        const delay = dutyDelay(duty, control.state, random, control.usedUp)
        await sleep(clock, delay, this.#abort.signal).catch(() => {})
      }
      if (this.#closed) return
      // Others may have been quicker.
      const still = this.#duty()
      this.#hurried &&= still.do !== 'nothing'
      if (still.do !== 'nothing') await this.#act(still)
    }
  }

  #duty(): Duty {
    const { control, device, clock } = this.#options
    const { state } = control
    if (!control.writable) return { do: 'nothing', at: null }
    const facts = { keyless: this.#keylessFor(), asking: this.#asking(), now: clock.now() }
    const duty = keyDuty({ state, device, ...facts })
    // Two devices whose clocks differ by years would else go on for ever.
    const early = this.#nextDue - clock.monotonic()
    if (duty.do !== 'rotate' || duty.why !== 'due' || early <= 0) return duty
    return { do: 'nothing', at: clock.now() + early }
  }

  /** For how long this device has lacked the room's key; null while it has it. */
  #keylessFor(): number | null {
    const { control, ring, clock } = this.#options
    const { epoch } = control.state
    const now = clock.monotonic()
    if (ring.key(epoch)) this.#keyless = null
    else if (this.#keyless?.epoch !== epoch) this.#keyless = { epoch, since: now }
    return this.#keyless && now - this.#keyless.since
  }

  #asking(): Set<string> {
    const { control, clock, asking } = this.#options
    const mayHave = (device: string): boolean => {
      const granted = this.#granted.get(device)
      return granted === undefined || clock.monotonic() >= granted.next
    }
    // What a device that is out says counts for nothing, and is not kept either.
    return new Set([...asking()].filter((id) => control.state.devices.has(id) && mayHave(id)))
  }

  #noteGrant(device: string): void {
    const { control, clock } = this.#options
    const { epoch } = control.state
    const before = this.#granted.get(device)
    const rest = before?.epoch === epoch ? 2 * before.rest : GRANT_AGAIN
    this.#granted.set(device, { epoch, rest, next: clock.monotonic() + rest })
  }

  async #act(duty: Duty): Promise<void> {
    const { control, ring, clock } = this.#options
    const { state, key: room } = control
    if (duty.do === 'rotate') await this.rotate()
    if (duty.do === 'rotate' && duty.why === 'due') {
      this.#nextDue = clock.monotonic() + (state.settings.rotateEvery ?? 0) / 2
    }
    if (duty.do === 'grant') {
      const device = Buffer.from(duty.device, 'hex')
      const keys = keysForGrant(state, duty.device, ring.writing(), ring.keys)
      const sealed = sealKeys(keys, device, room)
      if (!sealed) return this.#putOff()
      await control.append({ type: 'grant', device, epoch: state.epoch, keys: sealed })
      this.#noteGrant(duty.device)
    }
    const { epoch, epochs } = control.state
    const holders = epochs.get(epoch)?.holders
    const helped = duty.do === 'grant' ? holders?.has(duty.device) : epoch !== state.epoch
    if (helped) this.#vain = 0
    else this.#putOff()
  }

  /** Entries that fail, or that the room does not heed, must not fill its log. */
  #putOff(): void {
    this.#hurried = false
    const wait = Math.min(MAX_RETRY, RETRY * 2 ** Math.min(10, this.#vain++))
    this.#notBefore = this.#options.clock.monotonic() + wait
  }

  #sleepUntil(due: number | null): void {
    const { clock, ring, control, onexpiry } = this.#options
    this.#hurried = false
    const expiry = ring.nextExpiry(control.state)
    const at = Math.min(due ?? Infinity, expiry ?? Infinity)
    if (at === Infinity) return
    this.#timeout(Math.min(MAX_TIMER, at - clock.now()), () => {
      if (expiry !== null && clock.now() >= expiry) onexpiry()
    })
  }

  #timeout(ms: number, fn?: () => void): void {
    this.#timer?.cancel()
    // Whole ones: a wait too short for the clock would never end.
    this.#timer = this.#options.clock.after(Math.max(1, Math.ceil(ms)), () => {
      fn?.()
      this.wake()
    })
  }
}
