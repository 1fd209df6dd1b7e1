import { useEffect, useRef, useState } from 'preact/hooks'
import type { InviteRequest, RoomView } from '../api/views.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { PersonName } from './person-name.tsx'
import { QrCode } from './qr-code.tsx'

const DAY_MS = 86_400_000

/** A way into the room: a link to send, a code to show. */
export function Invite({ room, onClose }: { room: RoomView; onClose: () => void }) {
  const store = useStore()
  const task = useTask()
  const [invite, setInvite] = useState<string | null>(null)
  const [days, setDays] = useState(7)
  const [once, setOnce] = useState(false)
  const link = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    setInvite(null)
    const options: InviteRequest = {
      ...(days > 0 ? { expiresIn: days * DAY_MS } : {}),
      ...(once ? { uses: 1 } : {}),
    }
    task.run(async () => setInvite((await store.api.rooms.invite(room.id, options)).invite))
  }, [days, once])
  return (
    <Dialog title="Invite people" onClose={onClose}>
      <div class="stack">
        <p>
          Whoever has this link can enter <PersonName name={room.name} />. Send it only to people
          you want there, or let them scan it from your screen.
        </p>
        <Failure text={task.failure} />
        {invite === null && task.failure === null && <p role="status">Making an invite…</p>}
        {invite !== null && (
          <>
            <div class="qr-place">
              <QrCode text={invite} label="The invite as a QR code" />
            </div>
            <label class="field">
              <span>Invite link</span>
              <textarea
                class="mono"
                rows={3}
                readOnly
                value={invite}
                ref={link}
                onFocus={(e) => e.currentTarget.select()}
              />
            </label>
            <CopyButton
              key={invite}
              text={invite}
              label="Copy link"
              selectInstead={() => link.current?.select()}
            />
          </>
        )}
        <div class="row">
          <label class="field">
            <span>Good for</span>
            <select
              value={String(days)}
              disabled={task.busy}
              onChange={(event) => setDays(Number(event.currentTarget.value))}
            >
              <option value="1">one day</option>
              <option value="7">a week</option>
              <option value="30">a month</option>
              <option value="0">ever</option>
            </select>
          </label>
          <label class="field">
            <span>Lets in</span>
            <select
              value={once ? 'one' : 'all'}
              disabled={task.busy}
              onChange={(event) => setOnce(event.currentTarget.value === 'one')}
            >
              <option value="all">everyone who has it</option>
              <option value="one">one person</option>
            </select>
          </label>
        </div>
      </div>
    </Dialog>
  )
}
