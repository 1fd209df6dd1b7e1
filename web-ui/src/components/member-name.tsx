import type { MemberView } from '../api/views.ts'
import { Icon } from './icon.tsx'
import { PersonName } from './person-name.tsx'

interface MemberNameProps {
  readonly id: string
  readonly name: string
  /** As this room knows them, once it does. */
  readonly member: MemberView | undefined
}

/** A name with what tells its bearer apart: the key where another's looks the same, the mark of who was met. */
export function MemberName({ id, name, member }: MemberNameProps) {
  return (
    <>
      <PersonName name={name} tag={member?.confusable ? id : undefined} />
      {member?.verified && (
        <span class="verified" title="Verified in person">
          <Icon name="verified" />
          <span class="hidden"> verified in person</span>
        </span>
      )}
    </>
  )
}
