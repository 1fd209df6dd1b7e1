import { useRef, useState } from 'preact/hooks'
import type { PairingOffer } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { CopyButton } from './copy-button.tsx'
import { Failure } from './failure.tsx'
import { Icon } from './icon.tsx'
import { PersonName } from './person-name.tsx'
import { QrCode } from './qr-code.tsx'

/** Lets a further device of this person in: a code, then six digits that both must show. */
export function OfferPairing() {
  const store = useStore()
  const task = useTask()
  const [offer, setOffer] = useState<PairingOffer | null>(null)
  const code = useRef<HTMLTextAreaElement>(null)
  const pairing = store.owner.pairing.value
  const begin = (): void =>
    task.run(async () => {
      setOffer(await store.api.devices.offer())
      store.owner.pairingSoon()
    })
  const answer = (accept: boolean): void =>
    task.run(async () => {
      await store.api.devices.answer(accept)
      setOffer(null)
      store.owner.renew()
    })
  return (
    <section aria-label="Add a device">
      <Failure
        text={task.failure ?? (pairing.state === 'failed' ? (pairing.words ?? null) : null)}
      />
      <p role="status" class={pairing.state === 'paired' ? 'good' : ''}>
        {pairing.state === 'paired' &&
          'The new device is yours. Your rooms come to it by themselves.'}
      </p>
      {pairing.state === 'asking' ? (
        <div class="card ask" role="group" aria-label="A device asks">
          <p>
            <strong>
              <PersonName name={pairing.device?.name ?? 'A device'} />
            </strong>{' '}
            wants to become yours. Does it show these digits?
          </p>
          <p class="digits">{pairing.digits}</p>
          <div class="row end">
            <button type="button" class="button" disabled={task.busy} onClick={() => answer(false)}>
              No, refuse it
            </button>
            <button
              type="button"
              class="button primary"
              disabled={task.busy}
              onClick={() => answer(true)}
            >
              Yes, the same
            </button>
          </div>
        </div>
      ) : offer && pairing.state === 'offered' ? (
        <div class="stack">
          <p>
            On the new device, open Porchlight, choose <strong>I have Porchlight elsewhere</strong>,
            and scan or paste this. It works once, for ten minutes. Show it to nobody else.
          </p>
          <div class="qr-place">
            <QrCode text={offer.code} label="The pairing code as a QR code" />
          </div>
          <label class="field">
            <span>Pairing code</span>
            <textarea
              class="mono"
              rows={3}
              readOnly
              ref={code}
              value={offer.code}
              onFocus={(event) => event.currentTarget.select()}
            />
          </label>
          <CopyButton
            text={offer.code}
            label="Copy code"
            selectInstead={() => code.current?.select()}
          />
        </div>
      ) : (
        <button type="button" class="button primary" disabled={task.busy} onClick={begin}>
          <Icon name="plus" /> Add a device
        </button>
      )}
    </section>
  )
}
