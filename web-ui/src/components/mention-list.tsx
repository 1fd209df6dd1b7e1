import type { Mentions } from '../state/use-mentions.ts'
import { count } from '../text/words.ts'
import { Avatar } from './avatar.tsx'
import { MemberName } from './member-name.tsx'

/** The people whose name fits what is being typed behind an @. */
export function MentionList({ mentions }: { mentions: Mentions }) {
  const { listId, offered, chosen, take } = mentions
  return (
    <>
      <p class="hidden" role="status">
        {offered.length > 0 &&
          `${count(offered.length, 'name')} to choose from with the arrow keys`}
      </p>
      {offered.length > 0 && (
        <ul class="mention-list" id={listId} role="listbox" aria-label="People to name">
          {offered.map((person, at) => (
            <li
              key={person.id}
              id={`${listId}-${at}`}
              role="option"
              aria-selected={at === chosen}
              // The box keeps the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(person)}
            >
              <Avatar id={person.id} name={person.name} picture={person.avatar} />
              <MemberName id={person.id} name={person.name} member={person} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
