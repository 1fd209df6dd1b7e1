import { useStore } from '../state/store-context.ts'
import { sinceWords } from '../text/dates.ts'
import { count, transportName } from '../text/words.ts'
import { DialForm } from './dial-form.tsx'
import { Dialog } from './dialog.tsx'
import { PersonName } from './person-name.tsx'
import { TransportCard } from './transport-card.tsx'

/** Who is near and over what; the switches; and the way by hand when looking around fails. */
export function Near({ onClose }: { onClose: () => void }) {
  const store = useStore()
  const peers = store.status.value?.peers ?? []
  const now = Date.now()
  return (
    <Dialog title="Who is near" onClose={onClose}>
      <section aria-label="Devices near">
        {peers.length === 0 && (
          <p class="quiet">
            No device in reach right now. Messages you write are kept, and go on as soon as one
            comes near.
          </p>
        )}
        <ul class="people">
          {peers.map((peer) => (
            <li key={peer.id}>
              <span class="presence-dot" aria-hidden="true" />
              <span class="grow">
                {peer.name === undefined ? (
                  'A device you share no room with'
                ) : (
                  <PersonName name={peer.name} />
                )}
                <small>
                  {transportName(peer.transport)}, {sinceWords(peer.since, now)}
                  {peer.rooms.length > 0 && `, ${count(peer.rooms.length, 'room')} in common`}
                </small>
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-label="Ways to reach others">
        <h3>Ways to reach others</h3>
        <ul class="cards">
          {store.transports.value.map((transport) => (
            <TransportCard key={transport.id} transport={transport} />
          ))}
        </ul>
      </section>
      <DialForm />
    </Dialog>
  )
}
