import { describe, expect, test } from '@jest/globals'
import { PersonalCache } from '../../core/self/personal-cache.ts'
import type { SavedFacts } from '../../core/self/personal-cache.ts'

function cache(saved?: SavedFacts): { facts: PersonalCache; saves: () => number } {
  let saves = 0
  const facts = new PersonalCache({
    saved,
    save: () => {
      saves++
      return Promise.resolve()
    },
  })
  return { facts, saves: () => saves }
}

describe('what own devices share, on this device', () => {
  test('a value is there at once, is written down, and comes back from what was written', async () => {
    const { facts, saves } = cache()
    const heard: string[] = []
    facts.on('change', (topic, key) => heard.push(`${topic} ${key}`))
    await facts.set('contact', 'ann', { verified: true })
    await facts.set('contact', 'ann', { verified: true })
    expect(facts.get('contact', 'ann')).toEqual({ verified: true })
    expect(heard).toEqual(['contact ann'])
    expect(saves()).toBe(1)
    const again = cache(JSON.parse(JSON.stringify(facts.saved())) as SavedFacts).facts
    expect(again.entries('contact')).toEqual(new Map([['ann', { verified: true }]]))
    expect(again.unsent()).toEqual([['contact', 'ann']])
  })

  test('null deletes', async () => {
    const { facts } = cache()
    await facts.set('draft', 'room', 'half a sent')
    await facts.set('draft', 'room', null)
    expect(facts.get('draft', 'room')).toBeUndefined()
    expect(facts.entries('draft').size).toBe(0)
  })

  test('what was set here and is not sent yet stands against what comes', async () => {
    const { facts } = cache()
    await facts.set('draft', 'room', 'mine')
    expect(facts.learn('draft', 'room', '"theirs"')).toBe(false)
    expect(facts.get('draft', 'room')).toBe('mine')
    facts.sent('draft', 'room', '"mine"')
    expect(facts.learn('draft', 'room', '"theirs"')).toBe(true)
    expect(facts.get('draft', 'room')).toBe('theirs')
  })

  test('a value that changed while an older one was written stays unsent', async () => {
    const { facts } = cache()
    await facts.set('draft', 'room', 'new')
    facts.sent('draft', 'room', '"old"')
    expect(facts.unsent()).toEqual([['draft', 'room']])
  })

  test('a personal room begins with all that is known', async () => {
    const { facts } = cache()
    await facts.set('contact', 'ann', 1)
    facts.sent('contact', 'ann', '1')
    facts.sendAll()
    expect(facts.unsent()).toEqual([['contact', 'ann']])
  })

  test('too much is refused and changes nothing, from here and from elsewhere', async () => {
    const { facts } = cache()
    const long = 'x'.repeat(32 * 1024)
    await expect(facts.set('draft', 'room', long)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(facts.get('draft', 'room')).toBeUndefined()
    expect(facts.learn('draft', 'room', JSON.stringify(long))).toBe(false)
    const page = 'x'.repeat(30 * 1024)
    for (let n = 0; n < 273; n++) await facts.set('draft', `room ${n}`, page)
    await expect(facts.set('draft', 'one more', page)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await facts.set('draft', 'room 0', null)
    await facts.set('draft', 'one more', page)
  })
})
