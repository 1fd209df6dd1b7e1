import type { Delivery } from '../api/views.ts'
import { deliveryWords } from '../text/words.ts'
import { Icon } from './icon.tsx'

const ICONS = { saved: 'saved', carried: 'carrier', delivered: 'carried', read: 'read' } as const

/** How far an own message has come, as a picture and in words. */
export function DeliveryMark({ delivery }: { delivery: Delivery }) {
  return (
    <span class={`delivery ${delivery.state}`}>
      <Icon name={ICONS[delivery.state]} />
      {deliveryWords(delivery)}
    </span>
  )
}
