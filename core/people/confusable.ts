import { BoundedMap } from '../bounded-map.ts'

/**
 * Names that look alike. The skeleton follows Unicode TR39 (confusable detection) for the letters in which names
 * are mostly faked: Cyrillic, Greek, Armenian and Latin ones, digits among letters, marks, width and case.
 */

/** Letters by what they look like, in lower case after compatibility decomposition. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'аαɑ⍺',
  b: 'ЬƅɓḅВβϐвb',
  c: 'сϲᴄⅽ',
  d: 'ԁɗⅾ',
  e: 'еҽєε℮ɛ',
  f: 'ƒϝẝք',
  g: 'ɡցƍ',
  h: 'һհн',
  i: 'іɩιıɪӏΙІl1|ⅼǀłן',
  j: 'јϳ',
  k: 'кκқĸ',
  m: 'мⅿ',
  n: 'ոπпռη',
  o: 'оοσօ0०০੦૦௦౦೦൦๐໐ჿοס٥ە',
  p: 'рρϱ⍴',
  q: 'ԛգզ',
  r: 'гꭇᴦя',
  s: 'ѕꜱ5ʂ$',
  t: 'тτԏ',
  u: 'υսʋᴜц',
  v: 'νѵᴠⅴט',
  w: 'ԝѡωաɯшщ',
  x: 'хχⅹ×',
  y: 'уγүყʏ',
  z: 'ᴢʐ2з3',
}

/** Greek capitals that look like other letters than their small forms do. */
const CAPITALS: Readonly<Record<string, string>> = { Η: 'h', Μ: 'm', Ν: 'n', Υ: 'y', Ζ: 'z' }

const TO_LETTER = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([letter, others]) =>
    [...others.normalize('NFKD').toLowerCase()].map((other) => [other, letter] as const),
  ),
)

/** What a name looks like at a glance: equal for two names that are easily taken for one another. */
export function skeleton(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[ΗΜΝΥΖ]/g, (letter) => CAPITALS[letter]!)
    .toLowerCase()
    // Marks, joiners, spaces and punctuation tell nobody apart.
    .replace(/[\p{M}\p{Cf}\p{Z}\p{P}]/gu, '')
  const letters = [...plain].map((letter) => TO_LETTER.get(letter) ?? letter).join('')
  return letters.replace(/rn/g, 'm').replace(/vv/g, 'w').replace(/ci/g, 'd') || plain || name
}

/** What a name looks like at a glance. */
export type Look = (name: string) => string

/** Remembers what names look like: a room's people are looked at anew whenever one of them changes. */
export function rememberedLook(look: Look = skeleton, most = 8_192): Look {
  const known = new BoundedMap<string, string>(most)
  return (name) => {
    const kept = known.get(name)
    if (kept !== undefined) return kept
    const fresh = look(name)
    known.set(name, fresh)
    return fresh
  }
}

/** Ids of those whose name looks like another's. */
export function confusable(
  people: Iterable<{ id: string; name: string }>,
  look: Look = skeleton,
): ReadonlySet<string> {
  const bySkeleton = new Map<string, string[]>()
  for (const { id, name } of people) {
    const key = look(name)
    const ids = bySkeleton.get(key)
    if (ids) ids.push(id)
    else bySkeleton.set(key, [id])
  }
  return new Set([...bySkeleton.values()].filter((ids) => ids.length > 1).flat())
}
