import { useEffect } from 'preact/hooks'
import type { SearchHit } from '../api/views.ts'
import { hitsByRoom } from '../state/search-groups.ts'
import { useStore } from '../state/store-context.ts'
import { useTask } from '../state/use-task.ts'
import { dayOf, dayWords, timeWords } from '../text/dates.ts'
import { markedText } from '../text/marked-text.ts'
import { count } from '../text/words.ts'
import { Failure } from './failure.tsx'
import { FileName } from './file-name.tsx'
import { MemberName } from './member-name.tsx'
import { PersonName } from './person-name.tsx'

/** What was found, by room, the newest first. */
export function SearchResults() {
  const store = useStore()
  const task = useTask()
  const { search } = store
  const hits = search.hits.value
  useEffect(() => {
    for (const [room] of hitsByRoom(hits ?? [])) void store.roomStore(room).meet()
  }, [hits])
  const names = new Map(store.rooms.value?.map(({ id, name }) => [id, name]))
  return (
    <div class="rooms">
      <p class="quiet section-title" role="status">
        {hits === null && search.failure.value === null && 'Looking…'}
        {hits?.length === 0 && 'Nothing found.'}
        {hits !== null &&
          hits.length > 0 &&
          `${count(hits.length, 'message')} found${search.more.value === null ? '' : ', and more'}`}
      </p>
      <Failure text={search.failure.value} />
      {hitsByRoom(hits ?? []).map(([room, found]) => (
        <section key={room} aria-label={names.get(room) ?? 'A room'}>
          <h2 class="section-title">
            <PersonName name={names.get(room) ?? 'A room'} />
          </h2>
          <ul>
            {found.map((hit) => (
              <li key={hit.message.id}>
                <Hit hit={hit} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {search.more.value !== null && (
        <button
          type="button"
          class="button centred"
          disabled={task.busy}
          onClick={() => task.run(() => search.further())}
        >
          Older ones
        </button>
      )}
    </div>
  )
}

function Hit({ hit }: { hit: SearchHit }) {
  const store = useStore()
  const { message, roomId, marks } = hit
  const now = Date.now()
  return (
    <button type="button" class="hit" onClick={() => store.goTo(roomId, message.id)}>
      <span class="hit-head">
        <strong>
          <MemberName
            id={message.author}
            name={message.authorName}
            member={store.roomStore(roomId).people.value.get(message.author)}
          />
        </strong>
        <small>
          {dayWords(dayOf(message.sentAt), now)}, {timeWords(message.sentAt)}
        </small>
      </span>
      {message.file && <FileName name={message.file.name} />}
      <bdi class="hit-text">
        {markedText(message.text, marks).map((part, at) =>
          part.marked ? <mark key={at}>{part.text}</mark> : part.text,
        )}
      </bdi>
    </button>
  )
}
